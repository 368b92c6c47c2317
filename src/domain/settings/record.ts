/** The record of a change of a setting, with what was before; of a secret, that there was one. */

import type { Queryable } from "../../db/db.ts";
import { record } from "../central-log/central-log.ts";
import { definitionOf, type SettingName } from "./definitions.ts";

interface SettingChange {
  name: SettingName;
  was: string | null;
  value: string | null;
  /** The administrator, or the environment that fixes it; absent: somebody at the database itself. */
  by?: string | undefined;
}

export async function recordSetting(tx: Queryable, { name, was, value, by }: SettingChange): Promise<void> {
  const told = definitionOf(name).isSecret ? { secret: true } : { was, value };
  await record(tx, "setting-changed", { name, ...told, ...(by !== undefined && { by }) });
}
