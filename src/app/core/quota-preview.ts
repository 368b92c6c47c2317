/** What a change of a project's licences or settings would do to its quota, before it is made. Pure. */

import { runQuota } from "../../domain/quotas/rules.ts";
import { type ToldChange, toldChanges } from "../../domain/quotas/words-rules.ts";
import type { SiteLicense } from "../../protocol/licenses.ts";
import type { LicenseForQuota, QuotaInputs } from "../../protocol/quota-inputs.ts";
import { forceOf } from "./license-view.ts";

/** From what it would have by now to what it would have then. */
export function previewOf(inputs: QuotaInputs, change: Partial<QuotaInputs>): ToldChange[] {
  return toldChanges(runQuota(inputs), runQuota({ ...inputs, ...change }));
}

/** With one more licence. */
export function previewOfAdding(inputs: QuotaInputs, license: SiteLicense, now: number): ToldChange[] {
  const others = inputs.licenses.filter(({ id }) => id !== license.id);
  return previewOf(inputs, { licenses: [...others, asGiven(license, now)] });
}

/** Without one of its licences. */
export function previewOfRemoving(inputs: QuotaInputs, licenseId: string): ToldChange[] {
  return previewOf(inputs, { licenses: inputs.licenses.filter(({ id }) => id !== licenseId) });
}

/** A licence as it would count at `now`, in ms, and why it would not. */
export function asGiven({ id, title, quota, upgrades, ...license }: SiteLicense, now: number): LicenseForQuota {
  const given = { id, title, quota, upgrades };
  const force = forceOf(license, now);
  if (force === "ended") return { ...given, status: "expired", reason: "It has ended." };
  if (force === "later") return { ...given, status: "future", reason: "It has not begun." };
  if (license.run_limit !== null && license.running >= license.run_limit)
    return { ...given, status: "exhausted", reason: "All of its places are taken now." };
  return { ...given, status: "valid" };
}
