/** A pod's class of service: how sure its resources are to it, by what its containers ask for. Pure. */

import { quantity } from "../../core/quantities.ts";
import { asObject, asObjects, type Json } from "./json.ts";

const COUNTED = ["cpu", "memory"] as const;

/** Guaranteed: every container has limits, and asks for as much; BestEffort: none has or asks for anything; else Burstable. */
export function qosOf({ containers, initContainers }: Json): "Guaranteed" | "Burstable" | "BestEffort" {
  const all = [...asObjects(containers), ...asObjects(initContainers)].map(({ resources }) => asObject(resources));
  const amounts = all.map(({ requests, limits }) => ({ requests: countedOf(requests), limits: countedOf(limits) }));
  if (amounts.every(({ requests, limits }) => [...requests, ...limits].every((amount) => amount === 0))) {
    return "BestEffort";
  }
  const isGuaranteed = amounts.every(({ requests, limits }) =>
    limits.every((limit, i) => limit > 0 && (requests[i] === 0 || requests[i] === limit)),
  );
  return isGuaranteed ? "Guaranteed" : "Burstable";
}

/** Cpu and memory; what is not said counts as 0. */
function countedOf(amounts: unknown): number[] {
  return COUNTED.map((name) => quantity(asObject(amounts)[name] ?? 0) ?? 0);
}
