/** What a setting's text means and whether it is well formed. Pure. */

import { definitionOf, type SettingName, settingNames } from "./definitions.ts";

/** The values of all settings: the text that is set, or the default. */
export type SettingValues = Readonly<Record<SettingName, string>>;

const MAX_LENGTH = 100_000;
const YES = new Set(["yes", "true"]);
const NO = new Set(["no", "false", ""]);

/** What is wrong with a value, for whoever sets it; undefined: nothing. */
export function settingProblem(name: SettingName, value: string): string | undefined {
  const { kind, choices } = definitionOf(name);
  if (value.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  if (kind === "flag" && !YES.has(value) && !NO.has(value)) return "must be yes or no";
  if (kind === "number" && !/^-?\d+(\.\d+)?$/.test(value)) return "must be a number";
  if (kind === "choice" && !choices?.includes(value)) return `must be one of ${choices?.join(", ")}`;
  if (kind === "json" && parsedJson(value) === undefined) return "must be a JSON object";
  return undefined;
}

/** Is a yes-or-no setting on? */
export function isOn(values: SettingValues, name: SettingName): boolean {
  return YES.has(values[name]);
}

/** All values, from the rows of the table; unknown names and ill-formed values count as absent. */
export function settingValues(rows: ReadonlyMap<string, string | null>): SettingValues {
  const entries = settingNames.map((name) => {
    const value = rows.get(name);
    const usable = typeof value === "string" && settingProblem(name, value) === undefined;
    return [name, usable ? value : definitionOf(name).default];
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
      return Number(value);
    case "json":
      return parsedJson(value) ?? {};
    default:
      return value;
  }
}

/** An empty text is an empty object. */
function parsedJson(value: string): object | undefined {
  if (value.trim() === "") return {};
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined; // the caller says what is wrong
  }
}
