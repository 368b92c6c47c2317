/** What a setting's text means and whether it is well formed. Pure. */

import { definitionOf, type SettingName, settingNames } from "./definitions.ts";
import { kinds, parsedJson, patchesIn, YES } from "./kinds.ts";

/** The values of all settings: the text that is set, or the default. */
export type SettingValues = Readonly<Record<SettingName, string>>;

const MAX_LENGTH = 100_000;

/** What is wrong with a value, for whoever sets it; undefined: nothing. */
export function settingProblem(name: SettingName, value: string): string | undefined {
  const { kind, choices } = definitionOf(name);
  if (value.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (kind === "choice") return choices?.includes(value) ? undefined : `must be one of ${choices?.join(", ")}`;
  const { fits, words } = kinds[kind];
  return fits(value.trim()) ? undefined : `must be ${words}`;
}

/** Is a yes-or-no setting on? */
export function isOn(values: SettingValues, name: SettingName): boolean {
  return YES.has(values[name]);
}

/** Settings that are set to what is not well formed. */
export function illFormedSettings(rows: ReadonlyMap<string, string | null>): SettingName[] {
  return settingNames.filter((name) => {
    const value = rows.get(name);
    return typeof value === "string" && settingProblem(name, value) !== undefined;
  });
}

/** All values, from the rows of the table; unknown names and ill-formed values count as absent. */
export function settingValues(rows: ReadonlyMap<string, string | null>): SettingValues {
  const entries = settingNames.map((name) => {
    const value = rows.get(name);
    const usable = typeof value === "string" && settingProblem(name, value) === undefined;
    const { kind, default: standard } = definitionOf(name);
    return [name, !usable ? standard : kind === "text" ? value : value.trim()];
  });
  return Object.fromEntries(entries) as SettingValues; // one entry for each name
}

/** What anybody may see, as the app wants it: flags as booleans, numbers and JSON parsed. */
export function publicSettings(values: SettingValues): Record<string, unknown> {
  return Object.fromEntries(
    settingNames.filter((name) => definitionOf(name).isPublic).map((name) => [name, typedValue(values, name)]),
  );
}

function typedValue(values: SettingValues, name: SettingName): unknown {
  const value = values[name];
  switch (definitionOf(name).kind) {
    case "flag":
      return isOn(values, name);
    case "number":
    case "port":
      return Number(value);
    case "quotas":
      return parsedJson(value) ?? {};
    default:
      return value;
  }
}

/** The settings that decide about quotas. */
export const QUOTA_SETTINGS: readonly string[] = ["kucalc", "default_quotas", "max_upgrades"] satisfies SettingName[];

/** Those that keep it from being known what the site says of quotas: they are not well formed, and would count. */
export function unknownQuotaSettings(settings: {
  values: SettingValues;
  illFormed: readonly SettingName[];
}): SettingName[] {
  const { values, illFormed } = settings;
  const counting = illFormed.includes("kucalc") || values.kucalc === "onprem" ? QUOTA_SETTINGS : [];
  return illFormed.filter((name) => counting.includes(name));
}

/** What the site says of quotas, which counts on premises alone; nothing anywhere else. */
export function siteQuotas(values: SettingValues): {
  defaultQuotas: Record<string, unknown>;
  maxUpgrades: Record<string, unknown>;
} {
  const read = (name: SettingName) => (values.kucalc === "onprem" ? { ...parsedJson(values[name]) } : {});
  return { defaultQuotas: read("default_quotas"), maxUpgrades: read("max_upgrades") };
}

/** Patches of licences that may do to a project's pod what they like. */
export function allowedPatches(values: SettingValues): object[][] {
  return patchesIn(values.allowed_license_patches) ?? [];
}
