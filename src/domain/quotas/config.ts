/** What the environment says of quotas, for every role that computes one. */

import { z } from "zod";
import { setting } from "../../core/config.ts";
import { type MemRequestAdjustment, memRequestAdjustment } from "../../protocol/quota-inputs.ts";

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
});
export type QuotaConfig = z.infer<typeof quotaConfig>;
