/** Which of a project's licences count towards its amounts: a machine alone, or one way of hosting and what is of the old style. Pure. */

import type { LicenseForQuota } from "../../protocol/quota-inputs.ts";
import {
  type AmountLicense,
  type MachineLicense,
  type ReadLicense,
  readLicense,
  type UpgradesLicense,
} from "./license-rules.ts";

export interface CountedLicenses {
  /** The largest dedicated machine: nothing else counts beside it. */
  machine: MachineLicense | undefined;
  /** Regular licences and boosts of the group that won. */
  group: AmountLicense[];
  upgrades: UpgradesLicense[];
}

/** So many count for one project. Whoever has more has a mistake: at a start each one costs a look at all others. */
export const MOST_LICENSES = 25;

/** Why one has no effect that comes after these. */
export const TOO_MANY = `A project can use at most ${MOST_LICENSES} licences.`;

const NOT_IN_FORCE = new Set<LicenseForQuota["status"]>(["expired", "exhausted", "future"]);

/** The licences that are in force, give something, and are not too many. */
export function licensesInForce(licenses: readonly LicenseForQuota[]): ReadLicense[] {
  const inForce = licenses.filter(({ status }) => !NOT_IN_FORCE.has(status));
  return notTooMany(inForce.flatMap((license) => readLicense(license) ?? []));
}

/** Of licences in force as many as count for one project, by their ids: so the order in which they come decides nothing. */
export function notTooMany(inForce: readonly ReadLicense[]): ReadLicense[] {
  return inForce.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, MOST_LICENSES);
}

/** Licences of another group, and boosts of a group of which there is no regular licence, do not count. */
export function countedLicenses(licenses: readonly ReadLicense[]): CountedLicenses {
  const machine = licenses.reduce<CountedLicenses["machine"]>(larger, undefined);
  if (machine !== undefined) return { machine, group: [], upgrades: [] };
  const winner = licenses.reduce((most, one) => (one.kind === "regular" ? Math.max(most, one.group) : most), -1);
  return {
    machine,
    group: licenses.filter(hasAmounts).filter(({ group }) => group === winner),
    upgrades: licenses.filter((one) => one.kind === "upgrades"),
  };
}

function hasAmounts(license: ReadLicense): license is AmountLicense {
  return license.kind === "regular" || license.kind === "boost";
}

function larger(most: CountedLicenses["machine"], one: ReadLicense): CountedLicenses["machine"] {
  if (one.kind !== "machine") return most;
  const size = ({ machine: { amounts } }: MachineLicense) =>
    (amounts.memory_limit ?? 0) + (amounts.cpu_limit ?? 0) / 1_000;
  return most === undefined || size(one) > size(most) ? one : most;
}
