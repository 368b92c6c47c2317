/** What a project may use: of the site's defaults and limits, the administrator's settings, what members give, and licences. Pure. */

import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import { amountsOf } from "./amounts-rules.ts";
import { licensesInForce } from "./counted-rules.ts";
import { extrasOf } from "./extras-rules.ts";
import { poolOf, type ReadLicense } from "./license-rules.ts";
import { stepsOf } from "./steps-rules.ts";

/** The quota with which a pod is started. The order of licences and members does not matter. */
export function runQuota(inputs: QuotaInputs): RunQuota {
  return quotaWith(inputs, licensesInForce(inputs.licenses));
}

/** The same, where it is known which licences are in force. */
export function quotaWith(inputs: Omit<QuotaInputs, "licenses">, licenses: readonly ReadLicense[]): RunQuota {
  const steps = stepsOf(inputs, licenses);
  const { machine } = steps.counted;
  const { pool: ofLicenses, ...extras } = extrasOf(licenses);
  const pool = poolOf(inputs.settings.pool) ?? (machine === undefined ? ofLicenses : machine.quota.pool);
  const { network, member_host, always_running, privileged, ...amounts } = amountsOf(inputs, steps);
  return {
    network: network >= 1,
    member_host: member_host >= 1,
    always_running: always_running >= 1,
    privileged: privileged >= 1,
    ...amounts,
    ...(machine === undefined
      ? { dedicated_vm: false, ...extras }
      : { dedicated_vm: machine.machine.vm, dedicated_disks: extras.dedicated_disks, gpu: false }),
    ...(pool !== undefined && { pool }),
  };
}
