/** The amounts of a quota as they are in the end: requests and minimums are in them, and the network is as the cluster has it. Pure. */

import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import { isGiven, NONE, type Numbers } from "./numbers-rules.ts";
import { adjusted, withRequests } from "./requests-rules.ts";
import type { Steps } from "./steps-rules.ts";

/** What comes of the steps; yes is at least 1. */
export function amountsOf(inputs: Omit<QuotaInputs, "licenses">, { site, counted, total }: Steps): Numbers {
  const result =
    counted.machine === undefined
      ? adjusted(withRequests(total, site), inputs.memRequestAdjustment ?? {})
      : ofMachine(site, counted.machine.machine.amounts);
  const isOffline = isGiven(inputs.settings.disableInternet) && inputs.openNetwork !== true;
  return isOffline ? { ...result, network: 0 } : result;
}

/** Nothing is reserved on a machine that nobody shares. */
function ofMachine({ base, most }: Steps["site"], amounts: Partial<Numbers>): Numbers {
  return { ...NONE, idle_timeout: base.idle_timeout, disk_quota: most.disk_quota, ...amounts };
}
