/** Which nodes take projects' pods: by what they say of themselves, and what the pod template wants. Pure. */

import type { KubeNode } from "../../kube/types.ts";
import type { PodTemplate } from "./template.ts";

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

/** What of a node decides whether pods may come. */
export interface NodeOffer {
  ready: boolean;
  /** Not cordoned. */
  schedulable: boolean;
  taints: readonly Taint[];
  labels: Readonly<Record<string, string>>;
}

export function offerOf({ metadata, spec, status }: KubeNode): NodeOffer {
  return {
    ready: status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true,
    schedulable: spec?.unschedulable !== true,
    taints: spec?.taints ?? [],
    labels: metadata.labels ?? {},
  };
}

/** Ready, open, with the labels that the template selects and no taint that it does not tolerate. */
export function takesProjects(
  { ready, schedulable, taints, labels }: NodeOffer,
  { spec }: Pick<PodTemplate, "spec">,
): boolean {
  const wanted = Object.entries((spec.nodeSelector ?? {}) as Record<string, string>); // as the API defines it
  const tolerations = (spec.tolerations ?? []) as Toleration[]; // likewise
  const repelled = taints.some(
    (taint) => taint.effect !== "PreferNoSchedule" && !tolerations.some((toleration) => tolerates(toleration, taint)),
  );
  return ready && schedulable && !repelled && wanted.every(([key, value]) => labels[key] === value);
}

interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
}

function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== taint.effect) return false;
  if (toleration.operator === "Exists") return toleration.key === undefined || toleration.key === taint.key;
  return toleration.key === taint.key && (toleration.value ?? "") === (taint.value ?? "");
}
