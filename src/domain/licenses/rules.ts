/** What licences do for a project that starts: each one's status and reason, and the quota that comes of them. Pure. */

import type { ProjectLicense } from "../../protocol/licenses.ts";
import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import type { LicenseRow } from "./license-row-rules.ts";

export interface LicensesOfStart {
  inputs: Omit<QuotaInputs, "licenses">;
  /** Keys of column `projects.site_license`: all licences that the project has, also those without a row. */
  ids: readonly string[];
  /** Their rows; also those of others. */
  licenses: readonly LicenseRow[];
  nowMs: number;
  /** Is there room for this project within the run limit? Asked of licences that have one. It takes no seat. */
  hasSeat: (id: string) => boolean;
}

export interface LicensedQuota {
  quota: RunQuota;
  /** The value of each key of `projects.site_license`. */
  values: Record<string, ProjectLicense>;
  /** The active ones: of each the project takes a seat. */
  seats: string[];
}

/** The signature of `licenseHook`. */
export type LicenseHook = (start: LicensesOfStart) => LicensedQuota;
