/** What an administrator gave a project, as its log has it, in words. Pure. */

import { objectOf } from "../../core/object.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import { fieldName, fieldValue, type ToldField } from "./words-rules.ts";

const number = (setting: unknown) => (typeof setting === "number" && Number.isFinite(setting) ? setting : undefined);
const scaled = (amount: number | undefined, by: number) => (amount === undefined ? undefined : amount * by);
const text = (setting: unknown) => (typeof setting === "string" ? setting : undefined);
/** `read`: what the setting means for the quota; undefined: it cannot be read. */
const grant = <Field extends ToldField>(field: Field, read: (setting: unknown) => RunQuota[Field] | undefined) => {
  const words = (setting: unknown) => {
    const value = read(setting);
    return value === undefined ? undefined : `${fieldName(field)} ${fieldValue(field, value)}`;
  };
  return { name: fieldName(field), words };
};

/** By the keys of `projects.settings`; those that nothing heeds are not told. */
const GRANTS = new Map<unknown, ReturnType<typeof grant>>([
  ["memory", grant("memory_limit", number)],
  ["memory_request", grant("memory_request", number)],
  ["cores", grant("cpu_limit", number)],
  ["cpu_shares", grant("cpu_request", (shares) => scaled(number(shares), 1 / 1_024))],
  ["network", grant("network", (is) => is === 1)],
  ["disableInternet", grant("network", (is) => is !== true)],
  ["pool", grant("pool", text)],
]);

/** "Memory 4 GB, Processor as by default"; "" where nothing of it is heeded. */
export function grantWords({ set, drop }: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(objectOf(set) ?? {}).map(([key, setting]) => GRANTS.get(key)?.words(setting));
  const taken = (Array.isArray(drop) ? drop : []).map((key) => {
    const known = GRANTS.get(key);
    return known && `${known.name} as by default`;
  });
  return [...given, ...taken].filter((words) => words !== undefined).join(", ");
}
