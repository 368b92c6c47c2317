/** What an administrator types to grant one project more, and what it stands for in the project's settings. Pure. */

import { fieldName } from "../../domain/quotas/words-rules.ts";
import type { EndpointInput } from "../../protocol/api-v2-table.ts";
import { poolName } from "../../protocol/licenses.ts";

type Sent = Omit<EndpointInput<"projects/set-admin-quotas">, "project_id">;

interface Amount {
  name: "memory_limit" | "memory_request" | "cpu_limit" | "cpu_request";
  /** Key of the project's settings. */
  key: string;
  /** How many of what the settings count one of what is typed is: cpu_shares are 1/1024 of a core. */
  factor: number;
}

/** What counts today; what else the API takes stays as it is. */
export const AMOUNTS: readonly Amount[] = [
  { name: "memory_limit", key: "memory", factor: 1 },
  { name: "memory_request", key: "memory_request", factor: 1 },
  { name: "cpu_limit", key: "cores", factor: 1 },
  { name: "cpu_request", key: "cpu_shares", factor: 1_024 },
];

export const FLAGS = [
  { name: "internet", label: fieldName("network"), key: "network" },
  { name: "disable_internet", label: "No internet, whoever gives it", key: "disableInternet" },
] as const;

/** Amounts and the pool of machines as texts, "" where nothing is granted. */
export type AdminForm = Record<Amount["name"] | "pool", string> & Record<(typeof FLAGS)[number]["name"], boolean>;

/** The form of a project's settings, in which anything may stand. */
export function adminFormOf(settings: Readonly<Record<string, unknown>>): AdminForm {
  const amounts = AMOUNTS.map(({ name, key, factor }) => {
    const number = Number(settings[key]);
    const isSet = settings[key] !== null && settings[key] !== "" && number > 0;
    return [name, isSet ? String(Math.round((number / factor) * 1_000) / 1_000) : ""];
  });
  const flags = FLAGS.map(({ name, key }) => [name, Number(settings[key]) >= 1]);
  const pool = typeof settings.pool === "string" ? settings.pool : "";
  return { ...Object.fromEntries([...amounts, ...flags]), pool } as AdminForm; // every field of both tables
}

/** What is sent for a form: the fields that are another than before; null takes a word back. */
export function adminChange(form: AdminForm, before: AdminForm): Sent {
  const sent: Sent = {};
  for (const { name } of AMOUNTS)
    if (form[name].trim() !== before[name]) sent[name] = form[name].trim() === "" ? null : Number(form[name]);
  for (const { name } of FLAGS) if (form[name] !== before[name]) sent[name] = form[name] || null;
  if (form.pool.trim() !== before.pool) sent.pool = form.pool.trim() || null;
  return sent;
}

/** The project's settings as they would be. */
export function settingsWith(settings: Readonly<Record<string, unknown>>, form: AdminForm): Record<string, unknown> {
  const before = adminFormOf(settings);
  const after = { ...settings };
  for (const { name, key, factor } of AMOUNTS) {
    if (form[name].trim() === before[name]) continue;
    if (form[name].trim() === "") delete after[key];
    else after[key] = Number(form[name]) * factor;
  }
  for (const { name, key } of FLAGS) {
    if (form[name] === before[name]) continue;
    if (form[name]) after[key] = name === "disable_internet" ? true : 1;
    else delete after[key];
  }
  if (form.pool.trim() === "") delete after.pool;
  else after.pool = form.pool.trim();
  return after;
}

/** The amounts that are no numbers, and a pool that is no name, in words. */
export function adminProblems(form: AdminForm): Partial<Record<Amount["name"] | "pool", string>> {
  const wrong = AMOUNTS.filter(({ name }) => !(Number(form[name]) >= 0));
  const amounts = Object.fromEntries(wrong.map(({ name }) => [name, "Type a number, or nothing."]));
  const pool = form.pool.trim();
  const [problem] = pool === "" ? [] : (poolName.safeParse(pool).error?.issues ?? []);
  return problem === undefined ? amounts : { ...amounts, pool: `It ${problem.message}.` };
}
