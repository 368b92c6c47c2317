/** Settings that the environment fixes: COCALC_SETTING_<NAME>, kept in the table as read-only at every start. */

import { z } from "zod";
import { setting } from "../../core/config.ts";
import type { Db } from "../../db/db.ts";
import { definitionOf, type SettingName, settingNames } from "./definitions.ts";
import { recordSetting } from "./record.ts";
import { settingProblem } from "./values.ts";

function fixedSetting(name: SettingName) {
  const schema = z
    .string()
    .superRefine((value, context) => {
      const problem = settingProblem(name, value);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
    })
    .optional();
  const { meaning, isSecret = false } = definitionOf(name);
  const variable = `COCALC_SETTING_${name.toUpperCase()}`;
  return setting(variable, schema, `Fixes the site setting ${name}. ${meaning}`, { secret: isSecret });
}

type FixedShape = Record<`setting_${SettingName}`, ReturnType<typeof fixedSetting>>;

const shape = Object.fromEntries(settingNames.map((name) => [`setting_${name}`, fixedSetting(name)])) as FixedShape; // one field for each name

/** The fragment of configuration of the role that keeps the settings. */
export const fixedSettingsConfig = z.object(shape);
export type FixedSettings = z.infer<typeof fixedSettingsConfig>;

/**
 * Stores what the environment fixes as read-only and lets go of what it no longer fixes; what changes by it is recorded as any other change.
 * Safe to run on many replicas.
 */
export async function storeFixedSettings(db: Db, config: FixedSettings): Promise<void> {
  const fixed = settingNames.flatMap((name) => {
    const value = config[`setting_${name}`];
    return value === undefined ? [] : [{ name, value }];
  });
  const names = fixed.map(({ name }) => name);
  await db.transaction(async (tx) => {
    const before = await tx.query<{ name: string; value: string | null }>(
      "SELECT name, value FROM server_settings WHERE name = ANY($1) ORDER BY name FOR UPDATE",
      [names],
    );
    const written = await tx.query<{ name: SettingName; value: string }>(
      `INSERT INTO server_settings (name, value, readonly)
       SELECT name, value, true FROM unnest($1::text[], $2::text[]) AS fixed (name, value) ORDER BY name
       ON CONFLICT (name) DO UPDATE SET value = excluded.value, readonly = true
       WHERE (server_settings.value, server_settings.readonly) IS DISTINCT FROM (excluded.value, true)
       RETURNING name, value`,
      [names, fixed.map(({ value }) => value)],
    );
    for (const { name, value } of written) {
      const was = before.find((row) => row.name === name)?.value ?? null;
      if (was !== value) await recordSetting(tx, { name, was, value, by: "environment" });
    }
    await tx.execute("UPDATE server_settings SET readonly = false WHERE readonly AND NOT name = ANY($1::text[])", [
      names,
    ]);
  });
}
