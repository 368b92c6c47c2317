/** The settings of the site that hold numbers by key: their keys in words, one of them changed, and what that does to every project. Pure. */

import { runQuota } from "../../domain/quotas/rules.ts";
import { fieldName, type ToldChange, toldChanges, typedName } from "../../domain/quotas/words-rules.ts";
import type { SiteSetting } from "../../protocol/api-v2-settings.ts";
import type { EndpointOutput } from "../../protocol/api-v2-table.ts";

/** The settings as they are, and what else counts in quotas. */
export type KnownSettings = EndpointOutput<"admin/settings/list">;

export interface QuotaKey {
  key: string;
  label: string;
  description?: string;
  /** Yes or no, and not a number. */
  isFlag?: true;
}

const INTERNET = fieldName("network");

/** What each of these settings may say that counts, in the order in which it is asked for. Other keys that they have stay. */
const KEYS: Readonly<Record<string, readonly QuotaKey[]>> = {
  default_quotas: [
    { key: "mem", label: typedName("memory_limit") },
    { key: "cpu", label: typedName("cpu_limit") },
    { key: "mem_oc", label: "Overcommit of memory", description: "With 4, a quarter of it is set aside." },
    { key: "cpu_oc", label: "Overcommit of processors", description: "With 4, a quarter of them is set aside." },
    { key: "internet", label: INTERNET, isFlag: true },
  ],
  max_upgrades: [
    { key: "memory", label: typedName("memory_limit") },
    { key: "memory_request", label: typedName("memory_request") },
    { key: "cores", label: typedName("cpu_limit") },
    { key: "cpu_shares", label: `${fieldName("cpu_request")} (1/1024 of a core)` },
    { key: "network", label: INTERNET, isFlag: true },
  ],
};

/** The keys of a setting; undefined: it is none of these. */
export const quotaKeysOf = (name: string): readonly QuotaKey[] | undefined => KEYS[name];

/** Has it a say in what projects may use? While such a setting is not well formed, what it said before counts where that is still known. */
export const decidesQuotas = (name: string) => name === "kucalc" || Object.hasOwn(KEYS, name);

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

/** What is wrong with the text of a number's field. */
export function keyProblem(text: string): string | undefined {
  return text.trim() === "" || Number(text) >= 0 ? undefined : "Type a number, or nothing.";
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

/**
 * What a project has to which nobody gives anything: now, and with another text of one of these settings. Nothing while one of them is not well
 * formed, when nobody can say what it has now.
 */
export function effectOf({ settings, cluster }: KnownSettings, name: string, text: string): ToldChange[] {
  const decide = settings.filter(({ name }) => decidesQuotas(name));
  if (decide.some(({ problem }) => problem !== null)) return [];
  const textOf = (each: string) => textThatCounts(decide.find(({ name }) => name === each));
  if (textOf("kucalc") !== "onprem") return []; // there neither counts
  const quotaWith = (change: Record<string, string>) => {
    const of = (each: string) => readQuotas(change[each] ?? textOf(each)) ?? {};
    const site = { defaultQuotas: of("default_quotas"), maxUpgrades: of("max_upgrades") };
    return runQuota({ ...site, ...cluster, settings: {}, upgrades: [], licenses: [] });
  };
  return toldChanges(quotaWith({}), quotaWith({ [name]: text }));
}

const textThatCounts = (setting: SiteSetting | undefined) => setting?.value ?? setting?.default ?? "";
