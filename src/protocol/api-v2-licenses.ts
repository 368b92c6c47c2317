/** `/api/v2/licenses/…` and `admin/licenses/…`: seeing, handing out, making and changing licences. What administrators and managers do is recorded. */

import { z } from "zod";
import { done, type Endpoints } from "./api-v2.ts";
import { isoTime, uuid } from "./common.ts";
import { isSound } from "./json-value.ts";
import { licenseQuota, licenseStatus, siteLicense } from "./licenses.ts";
import { computeState } from "./project.ts";

const license = z.object({ license_id: uuid });

/** A licence as its managers and administrators see it. */
export const managedLicense = siteLicense.extend({
  /** Those who hand it out; the address is told to administrators alone. */
  managers: z.array(
    z.object({
      account_id: uuid,
      first_name: z.string(),
      last_name: z.string(),
      email_address: z.string().nullable().optional(),
    }),
  ),
  /** How many projects may have it, deleted ones included; null: any number. */
  apply_limit: z.number().int().nullable(),
  /** How many projects have it, running or not; deleted ones included. */
  projects: z.number().int(),
  /** What of its quota or upgrades counts for nothing, and why: somebody wrote it with SQL. */
  not_counted: z.array(z.string()),
});
export type ManagedLicense = z.infer<typeof managedLicense>;

/** A project that has a licence, as the licence's managers see it. */
const licensedProject = z.object({
  project_id: uuid,
  title: z.string(),
  state: computeState.nullable(),
  last_edited: isoTime.nullable(),
  /** What became of the licence at the last start; null: there was none since it was given. */
  status: licenseStatus.nullable(),
  reason: z.string().nullable(),
  /** Does it take one of the licence's places? */
  running: z.boolean(),
  /** It can be restored, and has the licence then. */
  deleted: z.boolean(),
});
export type LicensedProject = z.infer<typeof licensedProject>;

const handingOut = license.extend({ project_ids: z.array(uuid).min(1).max(1_000) });

/** As somebody may write it; whether every field of it counts is looked at where it is written. */
const newQuota = licenseQuota.superRefine((quota, context) => {
  if (!isSound(quota))
    context.addIssue({ code: "custom", message: "must not hold lists in lists without end, nor the character NUL" });
});

/** What may be said of a licence, each field as the column of its name; an absent one stays as it is. */
export const licenseChange = z
  .object({
    title: z.string().trim().max(250),
    description: z.string().max(10_000),
    /** null: not in force until somebody says so. */
    activates: isoTime.nullable(),
    /** null: for ever. */
    expires: isoTime.nullable(),
    /** Accounts by id or e-mail address. */
    managers: z.array(z.string().trim().min(1).max(254)).max(100),
    /** Only its managers and administrators give it to projects. */
    restricted: z.boolean(),
    quota: newQuota.nullable(),
    /** Old style, in place of `quota`: keys of projects.settings, added up. */
    upgrades: z.record(z.string().max(100), z.union([z.number(), z.boolean()])).nullable(),
    run_limit: z.int32().min(0).nullable(),
    apply_limit: z.int32().min(0).nullable(),
  })
  .partial();
export type LicenseChange = z.infer<typeof licenseChange>;

const licenseUpdate = licenseChange.extend({
  /** So many projects have it and are to get what is for few, too: without that such a change is refused. */
  also_for: z.int32().min(0).optional(),
});
export type LicenseUpdate = z.infer<typeof licenseUpdate>;

export const licenseEndpoints = {
  "licenses/get-license": {
    access: "account",
    summary: "A licence by its id, which whoever has it may give to projects where it is not restricted.",
    input: license,
    output: z.object({ license: siteLicense.extend({ is_manager: z.boolean() }) }),
  },
  "licenses/get-managed": {
    access: "account",
    summary: "The licences that the caller manages, those that have ended included.",
    input: z.object({}),
    output: z.object({ licenses: z.array(managedLicense) }),
  },
  "licenses/get-projects": {
    access: "account",
    summary: "The projects that have a licence, for its managers; `next` is for the following page.",
    input: license.extend({
      limit: z.number().int().min(1).max(500).default(100),
      /** Only those that take one of its places now. */
      running: z.boolean().default(false),
      after: uuid.optional(),
    }),
    output: z.object({ projects: z.array(licensedProject), next: uuid.nullable() }),
  },
  "licenses/get-projects-with-license": {
    access: "account",
    summary: "The caller's projects that have any licence, and which.",
    input: z.object({}),
    output: z.object({
      projects: z.array(z.object({ project_id: uuid, title: z.string(), license_ids: z.array(uuid) })),
    }),
  },
  "licenses/usage": {
    access: "account",
    summary: "How many projects ran with a licence over the last days: the most in each of some hundred equal spans.",
    input: license.extend({ days: z.number().min(0.04).max(366).default(30) }),
    output: z.object({
      run_limit: z.number().int().nullable(),
      spanSeconds: z.number(),
      /** Oldest first; `time` is when the span began. */
      points: z.array(z.object({ time: isoTime, running: z.number().int() })),
    }),
  },
  "licenses/assign": {
    access: "account",
    summary:
      "Gives a licence that the caller manages to projects that the caller owns; administrators to any, one that reaches beyond a project with a confirmed password.",
    input: handingOut,
    output: done,
  },
  "licenses/unassign": {
    access: "account",
    summary:
      "Takes a licence from projects again: its manager from those that the caller owns, an administrator from any.",
    input: handingOut,
    output: done,
  },
  "admin/licenses/create": {
    access: "admin",
    summary:
      "Makes a licence, in force from now on where nothing else is said; one with `patch`, `ext_rw`, or a GPU's resource, label or toleration takes a confirmed password.",
    input: licenseChange,
    output: license,
  },
  "admin/licenses/update": {
    access: "admin",
    summary:
      "Changes a licence; an absent field stays. It ends at once with an `expires` that is now, and one that has not begun is taken back: its `activates` is null then. The password is confirmed as above, also for what it gave before. Where it comes to give what is for few, `also_for` says how many projects have it already.",
    input: license.extend(licenseUpdate.shape),
    output: done,
  },
  "admin/licenses/list": {
    access: "admin",
    summary:
      "Licences, newest first, by words of title and description, an id, or a manager's e-mail address; `next` is for the following page.",
    input: z.object({
      search: z.string().trim().max(254).default(""),
      limit: z.number().int().min(1).max(200).default(50),
      after: z.string().max(100).optional(),
    }),
    output: z.object({ licenses: z.array(managedLicense), next: z.string().nullable() }),
  },
} as const satisfies Endpoints;
