/** Licences: what one gives, its row, and what became of it in a project. */

import { z } from "zod";
import { isoTime, uuid } from "./common.ts";
import { gpuQuota } from "./quotas.ts";

/** By licence, in column `projects.site_license`. */
export const licenseStatus = z.enum(["valid", "active", "expired", "exhausted", "future", "ineffective"]);
export type LicenseStatus = z.infer<typeof licenseStatus>;

export const licenseIdleTimeout = z.enum(["short", "medium", "day"]);

const amount = (most: number) => z.number().min(0).max(most);

/** A pool of machines, as the value of a node's label has it. */
export const poolName = z
  .string()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    "must be at most 63 letters, digits, dots, hyphens and underscores, the first and last a letter or digit",
  );

/** Column `site_licenses.quota`: ram in GB, cpu in cores, disk in GB. */
export const licenseQuota = z.looseObject({
  ram: amount(10_000).optional(),
  dedicated_ram: amount(10_000).optional(),
  cpu: amount(10_000).optional(),
  dedicated_cpu: amount(10_000).optional(),
  disk: amount(1_000_000).optional(),
  always_running: z.boolean().optional(),
  member: z.boolean().optional(),
  user: z.string().max(100).optional(),
  idle_timeout: licenseIdleTimeout.optional(),
  boost: z.boolean().optional(),
  ext_rw: z.boolean().optional(),
  /** JSON text of RFC 6902 operations on the pod. */
  patch: z.string().max(20_000).optional(),
  gpu: z.union([z.boolean(), gpuQuota]).optional(),
  dedicated_vm: z.union([z.boolean(), z.looseObject({ name: z.string().optional(), machine: z.string() })]).optional(),
  dedicated_disk: z.union([z.boolean(), z.looseObject({})]).optional(),
  /** Name of a pool of machines. */
  pool: z.string().max(63).optional(),
});
export type LicenseQuota = z.infer<typeof licenseQuota>;

/** What became of a licence at the last start of a project: the value of its key in column `projects.site_license`. */
export const projectLicense = z.looseObject({
  status: licenseStatus.optional(),
  reason: z.string().optional(),
  quota: licenseQuota.optional(),
});
export type ProjectLicense = z.infer<typeof projectLicense>;

/** A licence as whoever has it sees it. */
export const siteLicense = z.object({
  id: uuid,
  title: z.string(),
  description: z.string(),
  activates: isoTime.nullable(),
  expires: isoTime.nullable(),
  created: isoTime.nullable(),
  last_used: isoTime.nullable(),
  restricted: z.boolean(),
  /** Old style: keys of `projects.settings`, added up. */
  upgrades: z.record(z.string(), z.unknown()).nullable(),
  quota: licenseQuota.nullable(),
  /** How many projects may run with it at the same time; null: as many as there are. */
  run_limit: z.number().int().nullable(),
  /** How many do, starting ones included. */
  running: z.number().int(),
});
export type SiteLicense = z.infer<typeof siteLicense>;
