/** What a licence's patch may change of a project's pod. What is not named here it may not: a pod has more fields each year. Pure. */

import { mainContainer } from "./container-rules.ts";

/** The part of a pod that is looked at; anything may be in it. */
interface PatchedPod {
  metadata?: unknown;
  spec?: unknown;
}

type Fields = Record<string, unknown>;

/** Where the pod runs, and for how long. */
const OF_THE_SPEC = new Set([
  "nodeSelector",
  "affinity",
  "tolerations",
  "topologySpreadConstraints",
  "priorityClassName",
  "runtimeClassName",
  "activeDeadlineSeconds",
  "terminationGracePeriodSeconds",
]);

/** What runs in a container and how much it may use. */
const OF_A_CONTAINER = new Set([
  "image",
  "imagePullPolicy",
  "command",
  "args",
  "workingDir",
  "resources",
  "env",
  "ports",
]);

/** What autoscalers are told. */
const ANNOTATIONS = /^(cluster-autoscaler\.kubernetes\.io|karpenter\.sh)\//;

/** By which the project's server knows the project and whom to believe. */
const OUR_VARIABLE = /^(COCALC_|BASE_PATH$)/;

/** Another container than the project's may be root, or see more: what runs in it is the template's. */
const OF_OTHER_CONTAINERS = new Set(["resources"]);

/** What the patch changes that it may not, as a path; undefined: nothing. */
export function forbiddenChange(before: PatchedPod, after: PatchedPod): string | undefined {
  const { metadata: metaBefore, spec: specBefore, ...restBefore } = before;
  const { metadata: metaAfter, spec: specAfter, ...restAfter } = after;
  return (
    changed(restBefore, restAfter)[0] ??
    inMetadata(fieldsOf(metaBefore), fieldsOf(metaAfter)) ??
    inSpec(fieldsOf(specBefore), fieldsOf(specAfter))
  );
}

function inMetadata(before: Fields, after: Fields): string | undefined {
  const field = changed(before, after).find((name) => name !== "annotations");
  if (field !== undefined) return `metadata.${field}`;
  const annotation = changed(fieldsOf(before.annotations), fieldsOf(after.annotations)).find(
    (name) => !ANNOTATIONS.test(name),
  );
  return annotation && `metadata.annotations.${annotation}`;
}

function inSpec(before: Fields, after: Fields): string | undefined {
  for (const field of changed(before, after)) {
    if (field === "containers" || field === "initContainers") {
      const found = inContainers(before[field], after[field], { withMain: field === "containers" });
      if (found !== undefined) return `spec.${field}${found}`;
    } else if (!OF_THE_SPEC.has(field) || isForbiddenValue(field, before[field], after[field])) return `spec.${field}`;
  }
  return undefined;
}

/**
 * A class of runtime that the template demands is its protection; the system's own classes put others away. Which machines are for projects
 * the administrator has said: a patch chooses among them.
 */
function isForbiddenValue(field: string, before: unknown, after: unknown): boolean {
  switch (field) {
    case "runtimeClassName":
      return before !== undefined;
    case "priorityClassName":
      return typeof after !== "string" || after.startsWith("system-");
    case "nodeSelector":
    case "affinity":
      return !keepsAll(fieldsOf(before), fieldsOf(after));
    case "tolerations":
      return !areAllowedTolerations(listOf(before), after);
    default:
      return false;
  }
}

function keepsAll(before: Fields, after: Fields): boolean {
  return Object.keys(before).every((name) => isSame(before[name], after[name]));
}

/** Without a key everything is tolerated; those of roles keep the machines of the cluster itself free. */
function areAllowedTolerations(before: readonly unknown[], after: unknown): boolean {
  if (after === undefined) return true;
  if (!Array.isArray(after)) return false;
  return after.every((one) => {
    const { key } = fieldsOf(one);
    const isAllowed = typeof key === "string" && key !== "" && !key.startsWith("node-role.kubernetes.io/");
    return isAllowed || before.some((other) => isSame(one, other));
  });
}

/** Containers stay as many and in their order: another one would have a security context and mounts of its own. */
function inContainers(before: unknown, after: unknown, { withMain }: { withMain: boolean }): string | undefined {
  const old = listOf(before) as { name: string }[]; // the template was looked over
  const young = listOf(after);
  if (old.length !== young.length) return "";
  const main = withMain ? mainContainer(old) : undefined;
  for (const [index, container] of old.entries()) {
    const allowed = container === main ? OF_A_CONTAINER : OF_OTHER_CONTAINERS;
    const found = inContainer(fieldsOf(container), fieldsOf(young[index]), allowed);
    if (found !== undefined) return `[${index}].${found}`;
  }
  return undefined;
}

function inContainer(before: Fields, after: Fields, allowed: ReadonlySet<string>): string | undefined {
  return changed(before, after).find((field) => {
    if (!allowed.has(field)) return true;
    if (field === "env") return !areAllowedVariables(listOf(before.env), after.env);
    if (field === "ports")
      return listOf(after.ports)
        .map(fieldsOf)
        .some((port) => "hostPort" in port || "hostIP" in port);
    if (field !== "resources") return false;
    return changed(fieldsOf(before.resources), fieldsOf(after.resources)).some((name) => !AMOUNTS.has(name));
  });
}

/** Devices are claimed by other fields. */
const AMOUNTS = new Set(["limits", "requests"]);

/** Ours are as they were, and what is new is plain text: nothing of the cluster's secrets, and nothing that is no variable at all. */
function areAllowedVariables(before: readonly unknown[], after: unknown): boolean {
  if (!Array.isArray(after)) return false;
  const isIn = (list: readonly unknown[], one: unknown) => list.some((other) => isSame(one, other));
  return (
    before.filter(isOurs).every((one) => isIn(after, one)) && after.every((one) => isIn(before, one) || isNew(one))
  );
}

function isOurs(variable: unknown): boolean {
  const { name } = fieldsOf(variable);
  return typeof name === "string" && OUR_VARIABLE.test(name);
}

/** As a patch may add one. */
function isNew(variable: unknown): boolean {
  const { name, value = "", ...more } = fieldsOf(variable);
  const isText = typeof name === "string" && typeof value === "string" && Object.keys(more).length === 0;
  return isText && !OUR_VARIABLE.test(name);
}

/** The names of the fields that differ. */
function changed(before: Fields, after: Fields): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !isSame(before[name], after[name]));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {}; // any object has fields that may be unknown
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
