/** What of a licence's columns counts for nothing at a start, and why: refused of whoever makes one, told of one that was written with SQL. Pure. */

import { isDeepStrictEqual } from "node:util";
import { objectOf } from "../../core/object.ts";
import { readPatch } from "../../protocol/license-patch.ts";
import { licenseIdleTimeout, type licenseQuota, poolName } from "../../protocol/licenses.ts";
import { gpuQuota } from "../../protocol/quotas.ts";
import { NONE, numberOf } from "../quotas/numbers-rules.ts";
import { SETTINGS_KEYS } from "../quotas/site-rules.ts";
import { machineOf } from "../quotas/vm-rules.ts";

type Field = keyof (typeof licenseQuota)["shape"];
/** What is wrong with a value, as what it must be; undefined: nothing. */
type Check = (value: unknown) => string | undefined;

const amount: Check = (value) => (numberOf(value) === undefined ? "must be a number from 0 on" : undefined);
const flag: Check = (value) => (numberOf(value) === undefined ? "must be true or false" : undefined);

const CHECKS: Readonly<Record<Field, Check>> = {
  ram: amount,
  dedicated_ram: amount,
  cpu: amount,
  dedicated_cpu: amount,
  disk: amount,
  always_running: flag,
  member: flag,
  boost: flag,
  ext_rw: flag,
  user: () => undefined,
  idle_timeout: (value) =>
    licenseIdleTimeout.safeParse(value).success ? undefined : `must be ${licenseIdleTimeout.options.join(", ")}`,
  patch: (value) => (typeof value === "string" ? readPatch(value).problem : "must be the JSON of a patch, as text"),
  pool: (value) => poolName.safeParse(value).error?.issues[0]?.message,
  gpu: gpuProblem,
  dedicated_vm: machineProblem,
  dedicated_disk: (value) => (value === false || objectOf(value) ? undefined : "must say which disk, as an object"),
};

/** "key=value" of a node's label, and "key", "key=value", either with ":Effect", of a taint. */
const LABEL =
  /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?(=([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?)?$/;
const TAINT_EFFECT = /:(NoSchedule|PreferNoSchedule|NoExecute)$/;

function gpuProblem(value: unknown): string | undefined {
  if (typeof value === "boolean") return undefined;
  const { data, error } = gpuQuota.safeParse(value);
  if (error !== undefined) return error.issues.map(({ path, message }) => [...path, message].join(": ")).join("; ");
  const { toleration, nodeLabel } = data;
  if (nodeLabel !== undefined && !LABEL.test(nodeLabel)) return 'nodeLabel: must be a node\'s label, as "key=value"';
  if (toleration !== undefined && !LABEL.test(toleration.replace(TAINT_EFFECT, ""))) {
    return 'toleration: must be a taint of nodes, as "key=value" or "key=value:NoSchedule"';
  }
  return undefined;
}

function machineProblem(value: unknown): string | undefined {
  if (value === false) return undefined;
  const machine = objectOf(value)?.machine;
  const isKnown = typeof machine === "string" && machineOf({ dedicated_vm: { machine } }, NONE) !== undefined;
  return isKnown
    ? undefined
    : 'must name a machine: {"machine": "onprem"}, or n2-standard-… or n2-highmem-… and its cores';
}

/** Each field that counts for nothing, with what it must be. A field that says nothing, or says what `before` said, is left alone. */
export function quotaNotCounted(quota: unknown, before?: unknown): string[] {
  if (quota === null || quota === undefined) return [];
  const given = objectOf(quota);
  if (given === undefined) return ["quota: must be an object"];
  const said = newIn(given, before);
  const problems = Object.entries(said).flatMap(([name, value]) => {
    const problem = Object.hasOwn(CHECKS, name)
      ? CHECKS[name as Field](value) // just looked up
      : `is not known; there are ${Object.keys(CHECKS).join(", ")}`;
    return problem === undefined ? [] : [`quota.${name}: ${problem}`];
  });
  const isDayForAll = given.idle_timeout === "day" && given.member === false;
  const isNews = "idle_timeout" in said || "member" in said;
  return isDayForAll && isNews
    ? [...problems, "quota.idle_timeout: day takes member, too; without it, it is medium"]
    : problems;
}

/** What of it says something, and something else than `before`. */
function newIn(given: Record<string, unknown>, before: unknown): Record<string, unknown> {
  const known = objectOf(before) ?? {};
  const isNew = ([name, value]: [string, unknown]) =>
    value !== null && !(Object.hasOwn(known, name) && isDeepStrictEqual(value, known[name]));
  return Object.fromEntries(Object.entries(given).filter(isNew));
}

const UPGRADES: ReadonlySet<string> = new Set(SETTINGS_KEYS.map(({ name }) => name));

/** The same of upgrades of the old style. */
export function upgradesNotCounted(upgrades: unknown, before?: unknown): string[] {
  if (upgrades === null || upgrades === undefined) return [];
  const given = objectOf(upgrades);
  if (given === undefined) return ["upgrades: must be an object"];
  return Object.entries(newIn(given, before)).flatMap(([name, value]) => {
    if (!UPGRADES.has(name)) return [`upgrades.${name}: is not known; there are ${[...UPGRADES].join(", ")}`];
    return numberOf(value) === undefined ? [`upgrades.${name}: must be a number from 0 on`] : [];
  });
}
