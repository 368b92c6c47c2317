/** Of what a project's quota is computed, on the server and in a page that says what a change would do. */

import { z } from "zod";
import { uuid } from "./common.ts";
import { licenseStatus } from "./licenses.ts";

/** As the database holds it, which anybody may have written: read leniently where it is used. */
const written = z.record(z.string(), z.unknown());

/** A licence of a project. Either `quota`, or `upgrades` of the old style; one whose status says that it is not in force counts for nothing. */
export const licenseForQuota = z.object({
  id: uuid,
  title: z.string().optional(),
  /** Column `site_licenses.quota`, of the shape `licenseQuota`. */
  quota: written.nullish(),
  /** Column `site_licenses.upgrades`: keys of `projects.settings`, added up. */
  upgrades: written.nullish(),
  status: licenseStatus.optional(),
  /** Why it has that status, for people. */
  reason: z.string().optional(),
});
export type LicenseForQuota = z.infer<typeof licenseForQuota>;

/** How the site changes the memory request that was computed: `lim` the most it may be in MB, `pct` per cent of the memory limit. */
export const memRequestAdjustment = z.object({
  lim: z.number().min(0).optional(),
  pct: z.number().min(0).max(100).optional(),
});
export type MemRequestAdjustment = z.infer<typeof memRequestAdjustment>;

/** What the environment of the roles says, for all projects. */
export const clusterQuotas = z.object({
  memRequestAdjustment: memRequestAdjustment.optional(),
  /** Nothing keeps projects from the network, so they have it whatever else is said: on one machine, or without a network policy. */
  openNetwork: z.boolean().optional(),
});
export type ClusterQuotas = z.infer<typeof clusterQuotas>;

export const quotaInputs = clusterQuotas.extend({
  /** Site setting `default_quotas`. */
  defaultQuotas: written,
  /** Site setting `max_upgrades`, by settings key. */
  maxUpgrades: written,
  /** Column `projects.settings`. */
  settings: written,
  /** `upgrades` of each member. */
  upgrades: z.array(written),
  licenses: z.array(licenseForQuota),
  /** Settings of the site about quotas that are not well formed. They count as not set here, and nobody can say what a start gives. */
  illFormed: z.array(z.string()).optional(),
});
export type QuotaInputs = z.infer<typeof quotaInputs>;
