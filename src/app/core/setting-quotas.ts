/** The settings of the site that hold numbers by key: their keys in words, one of them changed, and what that does to every project. Pure. */

import { type QuotaChange, quotaChanges } from "../../domain/quotas/changes-rules.ts";
import { runQuota } from "../../domain/quotas/rules.ts";
import type { SiteSetting } from "../../protocol/api-v2-settings.ts";

export interface QuotaKey {
  key: string;
  label: string;
  /** Yes or no, and not a number. */
  isFlag?: true;
}

/** What each of these settings may say, in the order in which it is asked for. */
const KEYS: Readonly<Record<string, readonly QuotaKey[]>> = {
  default_quotas: [
    { key: "mem", label: "Memory (MB)" },
    { key: "cpu", label: "Processor (cores)" },
    { key: "disk_quota", label: "Disk (MB)" },
    { key: "idle_timeout", label: "Seconds without work until it stops" },
    { key: "mem_oc", label: "How often memory is given out" },
    { key: "cpu_oc", label: "How often processors are given out" },
    { key: "internet", label: "Internet", isFlag: true },
  ],
  max_upgrades: [
    { key: "memory", label: "Memory (MB)" },
    { key: "memory_request", label: "Memory set aside (MB)" },
    { key: "cores", label: "Processor (cores)" },
    { key: "cpu_shares", label: "Processor set aside (1/1024 of a core)" },
    { key: "disk_quota", label: "Disk (MB)" },
    { key: "mintime", label: "Seconds without work until it stops" },
    { key: "network", label: "Internet", isFlag: true },
    { key: "member_host", label: "Machines for members", isFlag: true },
    { key: "always_running", label: "Kept running", isFlag: true },
  ],
};

/** The keys of a setting; undefined: it is none of these. */
export const quotaKeysOf = (name: string): readonly QuotaKey[] | undefined => KEYS[name];

/** What the JSON of such a setting says; undefined where it is no object. */
export function readQuotas(text: string): Record<string, unknown> | undefined {
  if (text.trim() === "") return {};
  try {
    const parsed: unknown = JSON.parse(text);
    const isObject = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
    return isObject ? (parsed as Record<string, unknown>) : undefined; // just looked at
  } catch {
    return undefined; // whoever types it is told below the field
  }
}

/** What a key's field shows: "" where nothing is said, and yes or no of a flag. */
export function keyText(quotas: Readonly<Record<string, unknown>>, { key, isFlag }: QuotaKey): string {
  const value = quotas[key];
  if (value === undefined || value === null || value === "") return "";
  return isFlag ? (Number(value) >= 1 ? "yes" : "no") : String(value);
}

/** The JSON with another value of one key; other keys stay. What is no number yet ("0.") is kept as it was typed; what never is one, the server refuses. */
export function withKey(quotas: Readonly<Record<string, unknown>>, { key, isFlag }: QuotaKey, text: string): string {
  const { [key]: _, ...rest } = quotas;
  const typed = text.trim();
  if (typed === "") return JSON.stringify(rest);
  const value = String(Number(typed)) === typed ? Number(typed) : typed;
  return JSON.stringify({ ...quotas, [key]: isFlag ? flagValue(key, typed === "yes") : value });
}

/** `default_quotas` has true and false, the keys of a project's settings 1 and 0. */
const flagValue = (key: string, isOn: boolean) => (key === "internet" ? isOn : Number(isOn));

/** What a project has to which nobody gives anything: now, and with another text of one of these settings. */
export function effectOf(settings: readonly SiteSetting[], name: string, text: string): QuotaChange[] {
  const textOf = (each: string) => settings.find((setting) => setting.name === each)?.value ?? "";
  const quotaWith = (change: Record<string, string>) => {
    const of = (each: string) => readQuotas(change[each] ?? textOf(each)) ?? {};
    const site = { defaultQuotas: of("default_quotas"), maxUpgrades: of("max_upgrades") };
    return runQuota({ ...site, settings: {}, upgrades: [], licenses: [] });
  };
  return quotaChanges(quotaWith({}), quotaWith({ [name]: text }));
}
