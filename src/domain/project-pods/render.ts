/** Makes a project's pod of the template: placeholders, labels, environment, resources, and patches last. Pure. */

import jsonPatch, { type Operation } from "fast-json-patch";
import { invalid, messageOf } from "../../core/errors.ts";
import type { Container, EnvVar, Pod } from "../../kube/types.ts";
import { HUB_KEYS_VARIABLE } from "../../protocol/assertion.ts";
import { givenVariables } from "../../protocol/project-variables.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import type { SoftwareEnvironment } from "../../protocol/software.ts";
import { imageOf } from "../software/software.ts";
import { RESCUE } from "./condition-rules.ts";
import { mainContainer } from "./container-rules.ts";
import { checkEnvironments } from "./environment-size.ts";
import { OWNER, OWNER_LABEL, podName, REQUEST_TIME, TICKET } from "./identity.ts";
import { resourcesFor } from "./resources-rules.ts";
import type { PodTemplate } from "./template.ts";

export interface PodInputs {
  template: PodTemplate;
  projectId: string;
  /** Of the start and the request that the pod is made for. */
  ticket: number;
  requestTime: string;
  environment: SoftwareEnvironment;
  quota: RunQuota;
  /** Column `projects.env`; {} in rescue mode. */
  env: Record<string, unknown>;
  /** Files and terminals only; nothing of the home is executed. */
  rescue?: boolean;
  /** JWK set with the hubs' public keys. */
  hubKeys: object;
  /** Path below which the site is served; "" for none. */
  basePath: string;
}

/** The pod, ready to be posted. @throws AppError `invalid` when a patch does not fit, or an environment is larger than Linux takes. */
export function renderPod(inputs: PodInputs): Pod {
  const values = placeholders(inputs);
  const filled = fill(inputs.template, values) as PodTemplate; // filling strings changes no shape
  const main = mainContainer(filled.spec.containers);
  const containers = filled.spec.containers.map((container) =>
    container === main ? withProject(container, inputs, values) : container,
  );
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...filled.metadata, name: podName(inputs.projectId) },
    spec: { ...filled.spec, containers },
  };
  const made = identified(patched(pod, inputs.quota.patch ?? []), inputs);
  checkEnvironments(made);
  return made;
}

function placeholders({ projectId, environment, quota, env }: PodInputs): Record<string, string> {
  return {
    PROJECT_IMAGE: imageOf(environment),
    PROJECT_TAG: environment.tag,
    project_id: projectId,
    extra_env: base64(givenVariables(env)),
    project_config: base64({ quota }),
  };
}

/** Puts values into the strings of parsed JSON, in one pass: what a value contains is never looked at again. */
function fill(node: unknown, values: Record<string, string>): unknown {
  if (typeof node === "string") return node.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
  if (Array.isArray(node)) return node.map((item) => fill(item, values));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, fill(item, values)]));
}

/** What the project's container must have, whatever the template says or forgets. */
function withProject(container: Container, inputs: PodInputs, values: Record<string, string>): Container {
  const { quota, hubKeys, basePath } = inputs;
  const { requests, limits } = resourcesFor(quota);
  const standard: Record<string, string | undefined> = {
    COCALC_PROJECT_ID: inputs.projectId,
    COCALC_USERNAME: "user",
    COCALC_EXTRA_ENV: values.extra_env,
    COCALC_PROJECT_CONFIG: values.project_config,
    BASE_PATH: basePath === "" ? undefined : basePath,
  };
  const ours = [{ name: HUB_KEYS_VARIABLE, value: JSON.stringify(hubKeys) }];
  if (inputs.rescue) ours.push({ name: "COCALC_RESCUE", value: "1" });
  const own = (container.env ?? []).filter(({ name }) => !ours.some((one) => one.name === name));
  const named = new Set(own.map(({ name }) => name));
  const missing: EnvVar[] = Object.entries(standard).flatMap(([name, value]) =>
    named.has(name) || value === undefined ? [] : [{ name, value }],
  );
  return {
    ...container,
    env: [...own, ...missing, ...ours],
    resources: {
      ...container.resources,
      requests: { ...container.resources?.requests, ...requests },
      limits: { ...container.resources?.limits, ...limits },
    },
  };
}

/** @throws AppError `invalid` when an operation cannot be applied. */
function patched(pod: Pod, operations: object[]): Pod {
  if (operations.length === 0) return pod;
  try {
    return jsonPatch.applyPatch(structuredClone(pod), operations as Operation[], true, true).newDocument; // validated by the library
  } catch (cause) {
    throw invalid(`A patch of the project's quota does not fit the pod template: ${messageOf(cause).slice(0, 300)}`, {
      cause,
    });
  }
}

/** By what we and everybody else recognise the pod; neither template nor patch can change it. */
function identified(pod: Pod, inputs: PodInputs): Pod {
  const { projectId, ticket, requestTime, environment, quota, rescue = false } = inputs;
  const { namespace: _of, uid: _uid, resourceVersion: _version, ...metadata } = pod.metadata;
  return {
    ...pod,
    metadata: {
      ...metadata,
      name: podName(projectId),
      labels: {
        ...metadata.labels,
        [OWNER_LABEL]: OWNER,
        run: "project",
        project_id: projectId,
        project_tag: labelValue(environment.tag),
        network: quota.network ? "outside" : "none",
      },
      annotations: {
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        ...metadata.annotations,
        [REQUEST_TIME]: requestTime,
        [TICKET]: String(ticket),
        [RESCUE]: String(rescue),
      },
    },
  };
}

/** What a label may hold: at most 63 letters, digits, dots, dashes and underscores. */
function labelValue(text: string): string {
  return text
    .replace(/[^A-Za-z0-9._-]/g, "-")
    .slice(0, 63)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}
