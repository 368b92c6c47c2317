/** What an administrator gave a project, as its log has it, in words. Pure. */

import { objectOf } from "../../core/object.ts";
import { numberOf } from "./numbers-rules.ts";
import { SETTINGS_KEYS } from "./site-rules.ts";
import { fieldName, fieldValue, isTold } from "./words-rules.ts";

interface Grant {
  name: string;
  /** undefined: it cannot be read. */
  value: (setting: unknown) => string | undefined;
}

/** What a key of `projects.settings` is about; undefined: nothing heeds it. */
function grantOf(setting: unknown): Grant | undefined {
  if (setting === "disableInternet") {
    return { name: fieldName("network"), value: (is) => fieldValue("network", is !== true) };
  }
  if (setting === "pool") {
    return { name: fieldName("pool"), value: (pool) => (typeof pool === "string" ? pool : undefined) };
  }
  const { key, factor = 1 } = SETTINGS_KEYS.find(({ name }) => name === setting) ?? {};
  if (key === undefined || !isTold(key)) return undefined;
  const value = (given: unknown) => {
    const amount = numberOf(given);
    if (amount === undefined) return undefined;
    return key === "network" ? fieldValue(key, amount >= 1) : fieldValue(key, amount * factor);
  };
  return { name: fieldName(key), value };
}

/** "Memory 4 GB, Processor as by default"; "" where nothing of it is heeded. */
export function grantWords({ set, drop }: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(objectOf(set) ?? {}).map(([key, setting]) => {
    const grant = grantOf(key);
    const value = grant?.value(setting);
    return value === undefined ? undefined : `${grant?.name} ${value}`;
  });
  const taken = (Array.isArray(drop) ? drop : []).map((key) => {
    const grant = grantOf(key);
    return grant && `${grant.name} as by default`;
  });
  return [...given, ...taken].filter((words) => words !== undefined).join(", ");
}
