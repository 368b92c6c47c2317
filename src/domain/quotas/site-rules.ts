/** What the site gives every project and lets a project have at most, and how it commits its machines. Pure. */

import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import { lesser, type Named, type Numbers, named, numberOf } from "./numbers-rules.ts";

/** What a project has where nobody says anything. */
const BASE: Readonly<Numbers> = {
  network: 0,
  member_host: 0,
  always_running: 0,
  privileged: 0,
  disk_quota: 3_000,
  memory_limit: 1_000,
  memory_request: 0,
  cpu_limit: 1,
  cpu_request: 0,
  idle_timeout: 1_800,
};

/** The most that site, members and licences can give; an administrator gives what they like, and alone gives `privileged`. */
const MOST: Readonly<Numbers> = {
  network: 1,
  member_host: 1,
  always_running: 1,
  privileged: 0,
  disk_quota: 20_000,
  memory_limit: 16_000,
  memory_request: 8_000,
  cpu_limit: 3,
  cpu_request: 2,
  idle_timeout: 7_776_000,
};

/** Keys of settings, upgrades and `max_upgrades`; cpu_shares are 1/1024 of a core. */
export const SETTINGS_KEYS: readonly Named[] = [
  { name: "network", key: "network", factor: 1 },
  { name: "member_host", key: "member_host", factor: 1 },
  { name: "always_running", key: "always_running", factor: 1 },
  { name: "privileged", key: "privileged", factor: 1 },
  { name: "disk_quota", key: "disk_quota", factor: 1 },
  { name: "memory", key: "memory_limit", factor: 1 },
  { name: "memory_request", key: "memory_request", factor: 1 },
  { name: "cores", key: "cpu_limit", factor: 1 },
  { name: "cpu_shares", key: "cpu_request", factor: 1 / 1_024 },
  { name: "mintime", key: "idle_timeout", factor: 1 },
];

/** Keys of `default_quotas` that are a quota as they stand. */
const DEFAULTS: readonly Named[] = [
  { name: "internet", key: "network", factor: 1 },
  { name: "idle_timeout", key: "idle_timeout", factor: 1 },
  { name: "mem", key: "memory_limit", factor: 1 },
  { name: "cpu", key: "cpu_limit", factor: 1 },
  { name: "disk_quota", key: "disk_quota", factor: 1 },
];

export interface Site {
  base: Numbers;
  most: Numbers;
  /** How often a core and a MB are given out; 0: the site does not say. */
  overCommit: { cpu: number; mem: number };
}

type SiteInputs = Pick<QuotaInputs, "defaultQuotas" | "maxUpgrades" | "openNetwork">;

/** The site's part of a quota: of its settings, and the network where nothing keeps projects from it. */
export function siteOf({ defaultQuotas, maxUpgrades, openNetwork }: SiteInputs): Site {
  const most = { ...MOST, ...named(maxUpgrades, SETTINGS_KEYS), ...(openNetwork && { network: 1 }) };
  const given = { ...named(defaultQuotas, DEFAULTS), ...(openNetwork && { network: 1 }) };
  const overCommit = { cpu: ratio(defaultQuotas.cpu_oc), mem: ratio(defaultQuotas.mem_oc) };
  if (given.memory_limit !== undefined && overCommit.mem > 0) {
    given.memory_request = Math.round(given.memory_limit / overCommit.mem);
  }
  if (given.cpu_limit !== undefined && overCommit.cpu > 0) given.cpu_request = given.cpu_limit / overCommit.cpu;
  return { base: lesser({ ...BASE, ...given }, most), most, overCommit };
}

/** Below 1 counts as 1: nothing can be reserved beyond what may be used. */
function ratio(value: unknown): number {
  const number = numberOf(value);
  return number === undefined ? 0 : Math.max(1, number);
}
