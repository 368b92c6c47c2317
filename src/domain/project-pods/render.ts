/** Makes a project's pod of the template: placeholders, labels, environment, resources, and patches last. Pure. */

import { isAppError } from "../../core/errors.ts";
import type { Container, EnvVar, Pod, PodSpec } from "../../kube/types.ts";
import { HUB_KEYS_VARIABLE } from "../../protocol/assertion.ts";
import { givenVariables } from "../../protocol/project-variables.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import type { SoftwareEnvironment } from "../../protocol/software.ts";
import { imageOf } from "../software/software.ts";
import { RESCUE } from "./condition-rules.ts";
import { mainContainer } from "./container-rules.ts";
import { checkEnvironments } from "./environment-size.ts";
import { gpusOf } from "./gpu-rules.ts";
import { OWNER, OWNER_LABEL, podName, REQUEST_TIME, TICKET } from "./identity.ts";
import { type AllowedPatches, notAPod, patched } from "./patches.ts";
import { type PlacementRules, placementOf } from "./placement.ts";
import { resourcesFor } from "./resources-rules.ts";
import type { PodTemplate } from "./template.ts";
import { withWritableSoftware } from "./writable-software.ts";

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
  /** Of which machines are whose; absent where that does not matter. */
  placement?: PlacementRules;
  /** Patches of licences that need not keep the rules of a project's pod. */
  allowedPatches?: AllowedPatches;
}

/** The pod, ready to be posted. @throws AppError `unsupported` when a patch is refused, `invalid` when an environment is larger than Linux takes. */
export function renderPod(inputs: PodInputs): Pod {
  const values = placeholders(inputs);
  const filled = fill(inputs.template, values) as PodTemplate; // filling strings changes no shape
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...filled.metadata, name: podName(inputs.projectId) },
    spec: specOf(filled.spec, inputs, values),
  };
  const own = identified(pod, inputs);
  const { patch = [] } = inputs.quota;
  return patch.length === 0 ? checked(own) : withPatch(own, patch, inputs);
}

/** The pod with the patches of licences. An allowed one may do anything but change whose the pod is: also leave something that is no pod. */
function withPatch(own: Pod, patch: readonly object[], inputs: PodInputs): Pod {
  try {
    const made = patched(own, patch, inputs.allowedPatches ?? []);
    return checked(identified(inputs.rescue ? withProgramOf(own, made) : made, inputs));
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    throw notAPod(cause);
  }
}

/** What a container runs, and with what. */
const OF_THE_PROGRAM = new Set(["image", "command", "args", "env", "envFrom", "workingDir", "lifecycle"]);

/** A patch might have the home's programs run, of which a rescue runs none: the project's container runs what it would without patches. */
function withProgramOf(own: Pod, made: Pod): Pod {
  const fieldsOf = (container: Container | undefined, { ofProgram }: { ofProgram: boolean }) =>
    Object.fromEntries(Object.entries(container ?? {}).filter(([name]) => OF_THE_PROGRAM.has(name) === ofProgram));
  const { containers } = made.spec;
  const main = mainContainer(containers);
  const rescued = {
    ...fieldsOf(main, { ofProgram: false }),
    ...fieldsOf(mainContainer(own.spec.containers), { ofProgram: true }),
  } as Container; // of the fields of two
  return { ...made, spec: { ...made.spec, containers: containers.map((one) => (one === main ? rescued : one)) } };
}

function checked(pod: Pod): Pod {
  checkEnvironments(pod);
  return pod;
}

/** The template's spec with the project in its container, on the machines that are for it. */
function specOf(filled: PodSpec, inputs: PodInputs, values: Record<string, string>): PodSpec {
  const { quota, environment, placement, rescue = false } = inputs;
  const main = mainContainer(filled.containers);
  const containers = filled.containers.map((container) =>
    container === main ? withProject(container, inputs, values) : container,
  );
  const spec = { ...filled, containers };
  const placed = { pool: quota.pool ?? environment.pool, gpu: quota.gpu };
  return {
    ...(quota.ext_rw === true && !rescue ? withWritableSoftware(spec, mainContainer(containers)) : spec),
    ...placementOf(filled, placement ?? {}, placed),
  };
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
  const gpus = gpusOf(quota);
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
      requests: { ...container.resources?.requests, ...requests, ...gpus },
      limits: { ...container.resources?.limits, ...limits, ...gpus },
    },
  };
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
