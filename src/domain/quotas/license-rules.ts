/** What one licence gives, read of what the database holds of it. Pure. */

import { objectOf } from "../../core/object.ts";
import { isSound } from "../../protocol/json-value.ts";
import { type LicenseQuota, type licenseIdleTimeout, poolName } from "../../protocol/licenses.ts";
import { type GpuQuota, gpuQuota } from "../../protocol/quotas.ts";
import { isGiven, NONE, type Numbers, named, numberOf } from "./numbers-rules.ts";
import { SETTINGS_KEYS } from "./site-rules.ts";
import { type Machine, machineOf } from "./vm-rules.ts";

type IdleTimeout = (typeof licenseIdleTimeout)["options"][number];

const IDLE_SECONDS: Readonly<Record<IdleTimeout, number>> = { short: 1_800, medium: 7_200, day: 86_400 };

/** How good a group's timeout is. */
const IDLE_RANK: Readonly<Record<IdleTimeout, number>> = { short: 0, medium: 1, day: 2 };

/** Its field `dedicated_vm` names the machine. */
export interface MachineLicense {
  kind: "machine";
  id: string;
  quota: LicenseQuota;
  machine: Machine;
}

/** Adds up with those of its group; a boost does only where there is a regular one. */
export interface AmountLicense {
  kind: "regular" | "boost";
  id: string;
  quota: LicenseQuota;
  numbers: Numbers;
  /** Licences add up only within one way of hosting; the greatest number wins. */
  group: number;
}

interface DiskLicense {
  kind: "disk";
  id: string;
  quota: LicenseQuota;
}

/** Of the old style. */
export interface UpgradesLicense {
  kind: "upgrades";
  id: string;
  /** As it was given, by settings key: what is a number above zero. */
  given: Record<string, number>;
  numbers: Partial<Numbers>;
}

/** As the database holds it. */
interface UnreadLicense {
  id: string;
  quota?: unknown;
  upgrades?: unknown;
}

export type ReadLicense = MachineLicense | AmountLicense | DiskLicense | UpgradesLicense;

/** Of a licence in force; undefined: there is nothing in it that a project could be given. */
export function readLicense({ id, quota, upgrades }: UnreadLicense): ReadLicense | undefined {
  const given = objectOf(quota) ?? {};
  if (Object.keys(given).length === 0) {
    const older = objectOf(upgrades);
    return older && readUpgrades(id, older);
  }
  const read = readQuota(given);
  if (Object.keys(read).length === 0) return undefined;
  const numbers = numbersOf(read);
  const machine = machineOf(read, numbers);
  if (machine !== undefined) return { id, kind: "machine", quota: read, machine };
  if (given.dedicated_vm) return undefined; // of a kind that nobody knows
  if (isDiskAlone(read)) return { id, kind: "disk", quota: read };
  return { id, kind: read.boost ? "boost" : "regular", quota: read, numbers, group: groupOf(read) };
}

function readUpgrades(id: string, older: Record<string, unknown>): UpgradesLicense {
  const amounts = SETTINGS_KEYS.map(({ name }): [string, number] => [name, numberOf(older[name]) ?? 0]);
  const given = Object.fromEntries(amounts.filter(([, amount]) => amount > 0));
  return { kind: "upgrades", id, given, numbers: named(given, SETTINGS_KEYS) };
}

/** A disk is beside everything: it must not decide about the hosting. */
function isDiskAlone({ dedicated_disk, ...rest }: LicenseQuota): boolean {
  return dedicated_disk !== undefined && Object.values(rest).every((value) => value === false);
}

/** The quota of a licence with every field of its type, or absent; zeros are left out. */
function readQuota(given: Record<string, unknown>): LicenseQuota {
  const read: LicenseQuota = {};
  for (const [name, most] of AMOUNTS) {
    const amount = numberOf(given[name]);
    if (amount !== undefined && amount > 0) read[name] = Math.min(amount, most);
  }
  for (const name of FLAGS) {
    if (numberOf(given[name]) !== undefined) read[name] = isGiven(given[name]);
  }
  if (isIdleTimeout(given.idle_timeout)) read.idle_timeout = given.idle_timeout;
  return EXTRAS.some((name) => given[name]) ? { ...read, ...readExtras(given) } : read;
}

const EXTRAS = ["patch", "pool", "gpu", "dedicated_vm", "dedicated_disk"] as const;

/** What has nothing to do with amounts. What a cluster could not make sense of is left out. */
function readExtras({ patch, pool, gpu, dedicated_vm, dedicated_disk }: Record<string, unknown>): LicenseQuota {
  const read: LicenseQuota = {};
  if (typeof patch === "string" && patch.trim() !== "" && patch.length <= LONGEST_PATCH) read.patch = patch;
  const ofPool = poolOf(pool);
  if (ofPool !== undefined) read.pool = ofPool;
  const ofGpu = gpuOf(gpu);
  if (ofGpu !== undefined) read.gpu = ofGpu;
  const vm = objectOf(dedicated_vm);
  if (typeof vm?.machine === "string") {
    read.dedicated_vm = { ...(typeof vm.name === "string" && { name: vm.name }), machine: vm.machine };
  }
  const disk = objectOf(dedicated_disk);
  if (disk !== undefined && isSound(disk)) read.dedicated_disk = disk;
  return read;
}

function gpuOf(value: unknown): GpuQuota | undefined {
  if (value === undefined || value === null || value === false || !isSound(value)) return undefined;
  return gpuQuota.safeParse(value === true ? {} : value).data;
}

const LONGEST_PATCH = 20_000;

const AMOUNTS = [
  ["ram", 10_000],
  ["dedicated_ram", 10_000],
  ["cpu", 10_000],
  ["dedicated_cpu", 10_000],
  ["disk", 1_000_000],
] as const;
const FLAGS = ["always_running", "member", "boost", "ext_rw"] as const;

/** The name of a pool of machines; undefined: it is none. */
export function poolOf(value: unknown): string | undefined {
  return typeof value === "string" ? poolName.safeParse(value).data : undefined;
}

function isIdleTimeout(value: unknown): value is IdleTimeout {
  return typeof value === "string" && Object.hasOwn(IDLE_SECONDS, value);
}

/** Who names a timeout is a member unless they say no; without that, there is no whole day. */
export function hostingOf({ always_running, member, idle_timeout }: LicenseQuota) {
  const isMember = member ?? idle_timeout !== undefined;
  const idle = idle_timeout === "day" && !isMember ? "medium" : (idle_timeout ?? "short");
  return { isAlways: always_running === true, isMember, idle };
}

/** Always running comes before being a member, that before the timeout. */
function groupOf(quota: LicenseQuota): number {
  const { isAlways, isMember, idle } = hostingOf(quota);
  return (isAlways ? 6 : 0) + (isMember ? 3 : 0) + IDLE_RANK[idle];
}

function numbersOf(quota: LicenseQuota): Numbers {
  const { ram = 0, dedicated_ram = 0, cpu = 0, dedicated_cpu = 0, disk = 0 } = quota;
  const { isAlways, isMember, idle } = hostingOf(quota);
  return {
    ...NONE,
    network: 1,
    member_host: isMember ? 1 : 0,
    always_running: isAlways ? 1 : 0,
    disk_quota: 1_000 * disk,
    memory_limit: 1_000 * (ram + dedicated_ram),
    memory_request: 1_000 * dedicated_ram,
    cpu_limit: cpu + dedicated_cpu,
    cpu_request: dedicated_cpu,
    idle_timeout: IDLE_SECONDS[idle],
  };
}
