/** A pod's class of service: how sure its cpu and memory are to it, by what its containers ask for. It is one for the pod's life. Pure. */

import { quantity } from "../../core/quantities.ts";
import type { Container, Quantities } from "../../kube/types.ts";

type Qos = "Guaranteed" | "Burstable" | "BestEffort";

/** All containers of a pod, those that prepare it too. */
type Containers = readonly Pick<Container, "resources">[];

/** Guaranteed: each container has limits, and asks for as much; BestEffort: none has or asks for anything; else Burstable. */
export function qosOf(containers: Containers): Qos {
  const amounts = containers.map(({ resources }) => ({
    requests: counted(resources?.requests),
    limits: counted(resources?.limits),
  }));
  if (amounts.every(({ requests, limits }) => [...requests, ...limits].every((amount) => amount === 0))) {
    return "BestEffort";
  }
  const isGuaranteed = amounts.every(({ requests, limits }) =>
    limits.every((limit, i) => limit > 0 && (requests[i] === 0 || requests[i] === limit)),
  );
  return isGuaranteed ? "Guaranteed" : "Burstable";
}

/** Cpu and memory; what is not said counts as 0. */
function counted(amounts: Quantities | undefined): number[] {
  return [amounts?.cpu, amounts?.memory].map((amount) => quantity(amount ?? 0) ?? 0);
}
