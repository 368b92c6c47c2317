/** When licences begin and end: moments at which what projects may use changes though no row does. */

import type { Queryable } from "../../db/db.ts";

const A_DAY_MS = 86_400_000;

/** Managers are told of the end so long before it. */
export const TOLD_BEFORE_MS = A_DAY_MS;

export interface LicenseTimes {
  activates: Date | null;
  expires: Date | null;
}

/**
 * Licences that begin, end or have to be told of their end within `withinMs` before or after `nowMs`, and those of whose end somebody should
 * have been told while nobody of us was there.
 */
export async function licensesTurning(db: Queryable, nowMs: number, withinMs: number): Promise<string[]> {
  const [from, to] = [new Date(nowMs - withinMs), new Date(nowMs + withinMs)];
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM site_licenses WHERE activates BETWEEN $1 AND $2 OR expires BETWEEN $1 AND $2
       OR (expires > $4 AND expires <= $2 + $3 * interval '1 millisecond' AND ending_told IS DISTINCT FROM expires)`,
    [from, to, TOLD_BEFORE_MS, new Date(nowMs)],
  );
  return rows.map(({ id }) => id);
}

/** undefined: there is no such licence. */
export async function timesOf(db: Queryable, licenseId: string): Promise<LicenseTimes | undefined> {
  const [row] = await db.query<LicenseTimes>("SELECT activates, expires FROM site_licenses WHERE id = $1", [licenseId]);
  return row;
}

/** The next of its moments, in ms since the epoch; undefined: there is none. */
export function nextMoment({ activates, expires }: LicenseTimes, nowMs: number): number | undefined {
  const end = expires?.getTime() ?? Number.NaN;
  const moments = [activates?.getTime() ?? Number.NaN, end - TOLD_BEFORE_MS, end].filter((moment) => moment > nowMs);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

/** All projects that have a licence. */
export async function projectsWith(db: Queryable, licenseId: string): Promise<string[]> {
  const rows = await db.query<{ project_id: string }>("SELECT project_id FROM projects WHERE site_license ? $1", [
    licenseId,
  ]);
  return rows.map(({ project_id }) => project_id);
}
