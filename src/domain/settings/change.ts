/** The settings of the site as administrators see and set them. Each change and its record are one transaction. */

import { conflict, invalid, notFound } from "../../core/errors.ts";
import type { Db, Queryable } from "../../db/db.ts";
import type { SiteSetting } from "../../protocol/api-v2-settings.ts";
import { definitionOf, isSettingName, passwordSentBy, type SettingName, settingNames } from "./definitions.ts";
import { recordSetting } from "./record.ts";
import { settingProblem } from "./values.ts";

interface SettingRow {
  name: string;
  value: string | null;
  readonly: boolean | null;
}

/** Every setting that there is, and what is set; the value of a secret is told to nobody. */
export async function listSettings(db: Queryable): Promise<SiteSetting[]> {
  const rows = await db.query<SettingRow>("SELECT name, value, readonly FROM server_settings");
  const known = new Map(rows.map((row) => [row.name, row]));
  return settingNames.map((name) => settingView(name, known.get(name)));
}

/** One of them. @throws AppError `not_found`. */
export async function settingNamed(db: Queryable, name: string): Promise<SiteSetting> {
  if (!isSettingName(name)) throw noSetting(name);
  const [row] = await db.query<SettingRow>("SELECT name, value, readonly FROM server_settings WHERE name = $1", [name]);
  return settingView(name, row);
}

const noSetting = (name: string) => notFound(`There is no setting ${name}; look at the list of all.`);

function settingView(name: SettingName, row: SettingRow | undefined): SiteSetting {
  const { kind, choices, default: standard, meaning, isPublic, isSecret = false } = definitionOf(name);
  const value = row?.value ?? null;
  return {
    name,
    kind,
    choices: choices === undefined ? null : [...choices],
    value: isSecret ? null : value,
    isSet: value !== null,
    default: standard,
    meaning,
    readonly: row?.readonly === true,
    isSecret,
    isPublic,
    problem: value === null ? null : (settingProblem(name, value) ?? null),
  };
}

/**
 * Sets a setting; null lets it go back to its default. Every process reads it anew at once. `by`: the administrator; absent: somebody at the
 * database itself. @returns which password was forgotten, since it would have gone elsewhere now. @throws AppError `not_found` for an unknown
 * name, `invalid` with what the value must be, `conflict` where the environment fixes it.
 */
export async function setSetting(
  db: Db,
  { name, value, by }: { name: string; value: string | null; by?: string | undefined },
): Promise<{ forgotten: SettingName | null }> {
  if (!isSettingName(name)) throw noSetting(name);
  const problem = value === null ? undefined : settingProblem(name, value);
  if (problem !== undefined) throw invalid(`${name} ${problem}.`);
  return db.transaction(async (tx) => {
    const [row] = await tx.query<SettingRow>(
      "SELECT name, value, readonly FROM server_settings WHERE name = $1 FOR UPDATE",
      [name],
    );
    if (row?.readonly) throw fixed(name);
    const was = row?.value ?? null;
    if (was === value) return { forgotten: null };
    const standard = definitionOf(name).default;
    const isElsewhere = by !== undefined && (was ?? standard) !== (value ?? standard);
    const forgotten = isElsewhere ? await forgetPassword(tx, { name, by }) : null;
    await write(tx, name, value);
    await recordSetting(tx, { name, was, value, by });
    return { forgotten };
  });
}

/**
 * Whoever sees the pages for administrators is never shown a password, so they must not send it to a server of theirs either. Somebody at the
 * database could read it anyway. @throws AppError `conflict` where the environment fixes the password.
 */
async function forgetPassword(
  tx: Queryable,
  { name, by }: { name: SettingName; by: string },
): Promise<SettingName | null> {
  const password = passwordSentBy(name);
  if (password === undefined) return null;
  const [row] = await tx.query<SettingRow>(
    "SELECT name, value, readonly FROM server_settings WHERE name = $1 AND value <> '' FOR UPDATE",
    [password],
  );
  if (row === undefined) return null;
  if (row.readonly) {
    throw conflict(
      `${password} is fixed by the environment, and goes where ${name} says: set COCALC_SETTING_${name.toUpperCase()} of hub-next too, and restart it.`,
    );
  }
  await write(tx, password, null);
  await recordSetting(tx, { name: password, was: row.value, value: null, by });
  return password;
}

async function write(tx: Queryable, name: string, value: string | null): Promise<void> {
  if (value === null) {
    await tx.execute("DELETE FROM server_settings WHERE name = $1", [name]);
    return;
  }
  const written = await tx.execute(
    `INSERT INTO server_settings (name, value) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE server_settings.readonly IS NOT TRUE`,
    [name, value],
  );
  if (written === 0) throw fixed(name);
}

const fixed = (name: string) =>
  conflict(
    `${name} is fixed by the environment: change COCALC_SETTING_${name.toUpperCase()} of hub-next, and restart it.`,
  );
