/** What the environment says of quotas, for every role that computes one. */

import { z } from "zod";
import { flag, setting } from "../../core/config.ts";
import { type ClusterQuotas, type MemRequestAdjustment, memRequestAdjustment } from "../../protocol/quota-inputs.ts";

const adjustment = z
  .string()
  .default("{}")
  .transform((text, context): MemRequestAdjustment => {
    const parsed = memRequestAdjustment.strict().safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: "custom", message: 'must be a JSON object such as {"lim":4000,"pct":50}' });
    return z.NEVER;
  });

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says what is wrong
  }
}

export const quotaConfig = z.object({
  memRequestAdjustment: setting(
    "COCALC_MEM_REQUEST_ADJUSTMENT",
    adjustment,
    "Upper bounds of the memory that is reserved for a project, as JSON: `lim` in MB, `pct` in per cent of its memory limit; the lower one counts.",
  ),
  openNetwork: setting(
    "COCALC_NETWORK_OPEN",
    flag().default(false),
    "Does nothing in the cluster keep pods with the label `network: none` from the network? Then quotas say that every project has it. Set so on one machine.",
  ),
});
export type QuotaConfig = z.infer<typeof quotaConfig>;

/** Of a role's configuration, what the rules of quotas are given. */
export function clusterQuotas({ memRequestAdjustment, openNetwork }: QuotaConfig): ClusterQuotas {
  return { memRequestAdjustment, openNetwork };
}
