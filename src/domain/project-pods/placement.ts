/** On which machines a project's pod may run: those of projects, those of its pool, those with its GPUs. Pure. */

import type { PodSpec } from "../../kube/types.ts";
import type { GpuQuota } from "../../protocol/quotas.ts";

/** As the environment says it. */
export interface PlacementRules {
  /** The label by which machines belong to a pool; its value is the pool's name, and a taint of that name and value keeps others away. */
  poolLabel?: string | undefined;
  /** "key=value": the label of the machines on which projects run, and only they. */
  nodesLabel?: string | undefined;
  /** "key=value:Effect": the taint that keeps others from these machines. */
  nodesTaint?: string | undefined;
}

export const POOL_LABEL = "cocalc-pool";

interface Placed {
  /** Name of the pool; undefined: none. */
  pool: string | undefined;
  gpu: GpuQuota | false;
}

interface Toleration {
  key: string;
  operator: "Equal" | "Exists";
  value?: string;
  effect?: string;
}

/** The fields of a pod's spec that say where it may run, over what the template says. */
export function placementOf(
  template: PodSpec,
  { poolLabel = POOL_LABEL, nodesLabel, nodesTaint }: PlacementRules,
  { pool, gpu }: Placed,
): { nodeSelector?: object; tolerations?: object[] } {
  // Of two with the same key the later one counts: what a licence says keeps no project from the machines that are for projects.
  const labels = [gpu ? gpu.nodeLabel : undefined, pool && `${poolLabel}=${pool}`, nodesLabel];
  const taints = [nodesTaint, pool && `${poolLabel}=${pool}`, gpu ? gpu.toleration : undefined];
  const wanted = labels.filter(hasKey).map(pairOf);
  const tolerated = taints.filter(hasKey).map(tolerationOf);
  const { nodeSelector, tolerations } = template as { nodeSelector?: object; tolerations?: object[] }; // as the API defines it
  return {
    ...(wanted.length > 0 && { nodeSelector: { ...nodeSelector, ...Object.fromEntries(wanted) } }),
    ...(tolerated.length > 0 && { tolerations: [...(tolerations ?? []), ...tolerated] }),
  };
}

/** Without a key everything would be tolerated. */
function hasKey(text: string | undefined): text is string {
  return text !== undefined && /^[^=:]/.test(text);
}

/** "key=value"; a label without a value has an empty one. */
function pairOf(text: string): [string, string] {
  const [key = "", value = ""] = text.split("=", 2);
  return [key, value];
}

/** "key=value:Effect"; without a value any is tolerated, without an effect each. */
function tolerationOf(text: string): Toleration {
  const [pair = "", effect] = text.split(":", 2);
  const [key, value] = pairOf(pair);
  const ofEffect = effect === undefined ? {} : { effect };
  return pair.includes("=") ? { key, operator: "Equal", value, ...ofEffect } : { key, operator: "Exists", ...ofEffect };
}
