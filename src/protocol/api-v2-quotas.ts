/** `/api/v2/projects/…` about what a project may use: of what its quota is made, its licences, an administrator's word, asking for more. */

import { z } from "zod";
import { done, type Endpoints } from "./api-v2.ts";
import { uuid } from "./common.ts";
import { poolName, projectLicense, siteLicense } from "./licenses.ts";
import { licenseForQuota, quotaInputs } from "./quota-inputs.ts";
import { pendingQuota } from "./quotas.ts";

const project = z.object({ project_id: uuid });
const projectAndLicense = project.extend({ license_id: uuid });

/** A licence of the project: whether it counts by now, and what there is to tell of it; null: there is no such licence (any more). */
export const licenseOfProject = licenseForQuota.extend({
  license: siteLicense.nullable(),
  /** What became of it at the last start. */
  last: projectLicense,
});
export type LicenseOfProject = z.infer<typeof licenseOfProject>;

/** What a collaborator may ask their owners for, and an owner the administrators. */
export const askedFor = z.enum(["memory", "cpu", "disk", "idle_timeout", "network", "gpu", "other"]);
export type AskedFor = z.infer<typeof askedFor>;

const amount = (most: number) => z.number().min(0).max(most).nullable();
const flag = z.boolean().nullable();

/** What an administrator grants: memory and disk in MB, cpu in cores, idle_timeout in seconds. null takes a word back; an absent one stays. */
export const adminQuotas = z
  .object({
    memory_limit: amount(10_000_000),
    memory_request: amount(10_000_000),
    cpu_request: amount(10_000),
    cpu_limit: amount(10_000),
    disk_quota: amount(1_000_000_000),
    idle_timeout: amount(1_000_000_000),
    internet: flag,
    member_host: flag,
    always_running: flag,
    /** Takes the network away, whoever gives it. */
    disable_internet: flag,
    /** The pool of machines on which it runs, whatever its licences and image say. */
    pool: poolName.nullable(),
  })
  .partial();
export type AdminQuotas = z.infer<typeof adminQuotas>;

export const quotaEndpoints = {
  "projects/quota": {
    access: "project",
    // Whoever knows the id of a licence may give it to projects of their own.
    need: "configure",
    summary:
      "Of what the quota of a project is made, its licences among it, what it has, and what waits for a restart.",
    input: project,
    output: z.object({
      inputs: quotaInputs.extend({ licenses: z.array(licenseOfProject) }),
      run_quota: z.record(z.string(), z.unknown()).nullable(),
      pending_quota: pendingQuota.nullable(),
    }),
  },
  "projects/add-license": {
    access: "project",
    need: "own",
    summary:
      "Gives a project a licence, by its id; a restricted one is given by its managers and administrators alone.",
    input: projectAndLicense,
    output: done,
  },
  "projects/remove-license": {
    access: "project",
    need: "own",
    summary: "Takes a licence from a project.",
    input: projectAndLicense,
    output: done,
  },
  "projects/set-admin-quotas": {
    access: "admin",
    summary:
      "What an administrator grants a project beyond the site's defaults: memory and disk in MB, cpu in cores, idle_timeout in seconds, a pool of machines.",
    input: project.extend(adminQuotas.shape),
    output: z.object({ status: z.literal("success") }),
  },
  "projects/ask-for-more": {
    access: "project",
    need: "control",
    summary:
      "Asks for more: a collaborator the project's owners, an owner the site's administrators. `mailed`: false where nobody was written to.",
    input: project.extend({ what: askedFor, message: z.string().trim().max(2_000).default("") }),
    output: z.object({ asked: z.enum(["owners", "administrators"]), mailed: z.boolean() }),
  },
} as const satisfies Endpoints;
