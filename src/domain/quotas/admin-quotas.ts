/** What an administrator grants one project: keys of `projects.settings`, by the names that the API has for them. */

import { notFound } from "../../core/errors.ts";
import type { Db } from "../../db/db.ts";
import { objectInSql } from "../../db/json.ts";
import type { AdminQuotas } from "../../protocol/api-v2-quotas.ts";
import { record } from "../central-log/central-log.ts";
import { logProjectEvent } from "../projects/log.ts";

/** As `projects.settings` has it. */
type Kept = number | boolean | string;

const same = <Value extends Kept>(value: Value) => value;
const oneOrZero = (value: boolean) => (value ? 1 : 0);

/** The key of each, and how it is kept: cpu_shares are 1/1024 of a core. */
const KEPT: { [Name in keyof AdminQuotas]-?: [string, (value: NonNullable<AdminQuotas[Name]>) => Kept] } = {
  memory_limit: ["memory", same],
  memory_request: ["memory_request", same],
  cpu_request: ["cpu_shares", (cores) => Math.round(cores * 1024)],
  cpu_limit: ["cores", same],
  disk_quota: ["disk_quota", same],
  idle_timeout: ["mintime", same],
  internet: ["network", oneOrZero],
  member_host: ["member_host", oneOrZero],
  always_running: ["always_running", oneOrZero],
  disable_internet: ["disableInternet", same],
  pool: ["pool", same],
};

/**
 * Writes them; what runs is changed where that can be done while it runs, and the rest waits for its next start. `by`: the administrator;
 * absent: somebody at the database itself. @throws AppError `not_found`.
 */
export async function setAdminQuotas(
  db: Db,
  { projectId, quotas, by }: { projectId: string; quotas: AdminQuotas; by?: string | undefined },
): Promise<void> {
  const { set, drop } = asSettings(quotas);
  if (drop.length === 0 && Object.keys(set).length === 0) return;
  await db.transaction(async (tx) => {
    const [project] = await tx.query<{ was: unknown }>(
      `SELECT ${SETTINGS} AS was FROM projects WHERE project_id = $1 FOR NO KEY UPDATE`,
      [projectId],
    );
    if (project === undefined) throw notFound(`There is no project ${projectId}.`);
    await tx.execute(`UPDATE projects SET settings = (${SETTINGS} - $2::text[]) || $3::jsonb WHERE project_id = $1`, [
      projectId,
      drop,
      JSON.stringify(set),
    ]);
    const change = { project_id: projectId, set, drop };
    await record(tx, "project-quotas-set", { ...change, was: project.was, ...(by !== undefined && { by }) });
    await logProjectEvent(tx, { projectId, accountId: by, event: { event: "set_quotas", set, drop } });
  });
}

const SETTINGS = objectInSql("settings");

function asSettings(quotas: AdminQuotas): { set: Record<string, Kept>; drop: string[] } {
  const set: Record<string, Kept> = {};
  const drop: string[] = [];
  for (const name of Object.keys(KEPT) as (keyof AdminQuotas)[]) {
    const [key, kept] = KEPT[name] as [string, (value: unknown) => Kept]; // given the value of this very name
    const value = quotas[name];
    if (value === null) drop.push(key);
    else if (value !== undefined) set[key] = kept(value);
  }
  return { set, drop };
}
