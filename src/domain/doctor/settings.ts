/** The doctor's check of the site settings: one that is not well formed does not count. */

import type { Queryable } from "../../db/db.ts";
import { isSettingName } from "../settings/definitions.ts";
import { settingRows } from "../settings/settings.ts";
import { settingProblem } from "../settings/values.ts";
import { type Checked, check, well, wrong } from "./check.ts";

/** Tells names and what is wrong, never values: some are secret. */
export function checkSettings(db: Queryable): Promise<Checked> {
  return check("site settings", "look at the table server_settings", async () => {
    const rows = await settingRows(db);
    const problems = rows.flatMap(({ name, value }) => {
      const problem = isSettingName(name) && value !== null ? settingProblem(name, value) : undefined;
      return problem === undefined ? [] : [`${name} ${problem}`];
    });
    if (problems.length > 0) {
      const fix =
        "correct them in server_settings, or as COCALC_SETTING_<NAME> of hub-next; until then their defaults count, and of quotas what was said before";
      return wrong(problems.join("; "), fix);
    }
    const unknown = rows.map(({ name }) => name).filter((name) => !isSettingName(name));
    const heedless = unknown.length === 0 ? "" : `; nobody reads ${unknown.join(", ")}`;
    return well(`${rows.length - unknown.length} are set${heedless}`);
  });
}
