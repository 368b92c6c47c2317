/** What a change of a project's licences or settings would do to its quota, before it is made. Pure. */

import { runQuota } from "../../domain/quotas/rules.ts";
import { type ToldChange, toldChanges } from "../../domain/quotas/words-rules.ts";
import type { SiteLicense } from "../../protocol/licenses.ts";
import type { LicenseForQuota, QuotaInputs } from "../../protocol/quota-inputs.ts";
import { forceOf } from "./license-view.ts";

/** Why nobody can say what a start gives; undefined: one can. */
export function whyUnknown({ illFormed = [] }: QuotaInputs): string | undefined {
  if (illFormed.length === 0) return undefined;
  const of = illFormed.length === 1 ? "a setting" : "settings";
  return `It is not known what its next start gives it: ${illFormed.join(", ")}, ${of} of this site, cannot be read until an administrator corrects that.`;
}

/** From what it would have by now to what it would have then; undefined: nobody can say. */
export function previewOf(inputs: QuotaInputs, change: Partial<QuotaInputs>): ToldChange[] | undefined {
  if (whyUnknown(inputs) !== undefined) return undefined;
  return toldChanges(runQuota(inputs), runQuota({ ...inputs, ...change }));
}

/** With one more licence. */
export function previewOfAdding(inputs: QuotaInputs, license: SiteLicense, now: number): ToldChange[] | undefined {
  const others = inputs.licenses.filter(({ id }) => id !== license.id);
  return previewOf(inputs, { licenses: [...others, asGiven(license, now)] });
}

/** Without one of its licences. */
export function previewOfRemoving(inputs: QuotaInputs, licenseId: string): ToldChange[] | undefined {
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
