/** What a project may use: site defaults, the most that is allowed, and the administrator's settings of the project. Pure; licences are not in it. */

import type { QuotaInputs } from "../../protocol/quota-inputs.ts";
import type { RunQuota } from "../../protocol/quotas.ts";

type Numbers = Record<Key, number>;
const KEYS = [
  "network",
  "member_host",
  "always_running",
  "privileged",
  "disk_quota",
  "memory_limit",
  "memory_request",
  "cpu_limit",
  "cpu_request",
  "idle_timeout",
] as const;
type Key = (typeof KEYS)[number];

const BASE: Numbers = {
  network: 0,
  member_host: 0,
  always_running: 0,
  privileged: 0,
  disk_quota: 3000,
  memory_limit: 1000,
  memory_request: 0,
  cpu_limit: 1,
  cpu_request: 0,
  idle_timeout: 1800,
};

const MOST: Numbers = {
  network: 1,
  member_host: 1,
  always_running: 1,
  privileged: 1,
  disk_quota: 20_000,
  memory_limit: 16_000,
  memory_request: 8_000,
  cpu_limit: 3,
  cpu_request: 2,
  idle_timeout: 7_776_000,
};

/** Settings and upgrades name a thing otherwise than run_quota does; cpu_shares are 1/1024 of a core. */
const FROM_SETTINGS: Record<string, { key: Key; factor?: number }> = {
  network: { key: "network" },
  member_host: { key: "member_host" },
  always_running: { key: "always_running" },
  privileged: { key: "privileged" },
  disk_quota: { key: "disk_quota" },
  memory: { key: "memory_limit" },
  memory_request: { key: "memory_request" },
  cores: { key: "cpu_limit" },
  cpu_shares: { key: "cpu_request", factor: 1 / 1024 },
  mintime: { key: "idle_timeout" },
};

/** The quota with which a pod is started. */
export function runQuota({ defaultQuotas, maxUpgrades, settings, upgrades }: QuotaInputs): RunQuota {
  const most = { ...MOST, ...fromSettings(maxUpgrades) };
  const base = least({ ...BASE, ...fromDefaults(defaultQuotas) }, most);
  const admin = biggest(base, { ...zeros(), ...fromSettings(settings) });
  const room = each((key) => Math.max(0, most[key] - base[key]));
  const given = least(sum(upgrades.map(fromSettings)), room);
  const total = each((key) => admin[key] + given[key]);
  const result = withRequests(total, most, overCommit(defaultQuotas));
  return {
    network: result.network >= 1 && settings.disableInternet !== true,
    member_host: result.member_host >= 1,
    always_running: result.always_running >= 1,
    privileged: result.privileged >= 1,
    disk_quota: result.disk_quota,
    memory_limit: result.memory_limit,
    memory_request: result.memory_request,
    cpu_limit: result.cpu_limit,
    cpu_request: result.cpu_request,
    idle_timeout: result.idle_timeout,
    dedicated_vm: false,
    dedicated_disks: [],
    gpu: false,
  };
}

/** Requests follow limits by the site's over-commitment, and nothing is below what a project server needs. */
function withRequests(total: Numbers, most: Numbers, { cpu, mem }: { cpu: number; mem: number }): Numbers {
  const isMember = total.member_host >= 1;
  const memoryLimit = Math.max(total.memory_limit, Math.min(1000, most.memory_limit));
  const cpuRequest = Math.min(Math.max(total.cpu_request, cpu > 0 ? total.cpu_limit / cpu : 0), most.cpu_request);
  const memoryRequest = Math.min(
    Math.floor(Math.max(total.memory_request, mem > 0 ? total.memory_limit / mem : 0)),
    most.memory_request,
  );
  return {
    ...total,
    memory_limit: memoryLimit,
    cpu_request: Math.max(cpuRequest, Math.min(isMember ? 0.05 : 0.02, most.cpu_request)),
    memory_request: Math.max(memoryRequest, Math.min(isMember ? 300 : 200, most.memory_request)),
  };
}

/** How often a core and a MB are given out; 0: the site does not say. Below 1 counts as 1. */
function overCommit(defaults: Record<string, unknown>): { cpu: number; mem: number } {
  const ratio = (value: unknown) => {
    const number = numberOf(value);
    return number === undefined ? 0 : Math.max(1, number);
  };
  return { cpu: ratio(defaults.cpu_oc), mem: ratio(defaults.mem_oc) };
}

function fromDefaults(defaults: Record<string, unknown>): Partial<Numbers> {
  const { cpu: cpuRatio, mem: memRatio } = overCommit(defaults);
  const quota: Partial<Numbers> = {};
  if (typeof defaults.internet === "boolean") quota.network = defaults.internet ? 1 : 0;
  const idle = numberOf(defaults.idle_timeout);
  const mem = numberOf(defaults.mem);
  const cpu = numberOf(defaults.cpu);
  const disk = numberOf(defaults.disk_quota);
  if (idle !== undefined) quota.idle_timeout = idle;
  if (disk !== undefined) quota.disk_quota = disk;
  if (mem !== undefined) {
    quota.memory_limit = mem;
    if (memRatio > 0) quota.memory_request = Math.round(mem / memRatio);
  }
  if (cpu !== undefined) {
    quota.cpu_limit = cpu;
    if (cpuRatio > 0) quota.cpu_request = cpu / cpuRatio;
  }
  return quota;
}

function fromSettings(settings: Record<string, unknown>): Partial<Numbers> {
  const quota: Partial<Numbers> = {};
  for (const [name, { key, factor = 1 }] of Object.entries(FROM_SETTINGS)) {
    const value = numberOf(settings[name]);
    if (value !== undefined) quota[key] = value * factor;
  }
  return quota;
}

/** Numbers, numeric text and booleans count; anything else, and what is below zero, is ignored. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
}

function each(of: (key: Key) => number): Numbers {
  return Object.fromEntries(KEYS.map((key) => [key, of(key)])) as Numbers; // every key has its number
}

const zeros = () => each(() => 0);
const least = (a: Numbers, b: Numbers) => each((key) => Math.min(a[key], b[key]));
const biggest = (a: Numbers, b: Numbers) => each((key) => Math.max(a[key], b[key]));
const sum = (all: Partial<Numbers>[]) => each((key) => all.reduce((total, one) => total + (one[key] ?? 0), 0));
