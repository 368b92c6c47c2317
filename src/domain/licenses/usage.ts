/** How many projects ran with a licence at the same time, over the last days: from what manage-action wrote into site_license_usage_log. */

import type { Queryable } from "../../db/db.ts";
import { momentInSql, NOW_OF_TRANSACTION } from "../../db/moments.ts";

interface UsagePoint {
  /** When the span began. */
  time: string;
  /** The most that ran at the same time within it. */
  running: number;
}

export interface Usage {
  spanSeconds: number;
  /** Oldest first. */
  points: UsagePoint[];
}

/** Longer than the longest picture looks back. */
const KEPT_DAYS = 400;
/** As many as a picture is wide enough for. */
const SPANS = 240;

/**
 * The last `days` in equal spans. Each has the most that ran at any moment of it: those that ran when it began, and the highest count that a
 * start within it reached. What is open in the log runs still.
 */
export async function licenseUsage(
  db: Queryable,
  { licenseId, days }: { licenseId: string; days: number },
): Promise<Usage> {
  const spanSeconds = (days * 86_400) / SPANS;
  const points = await db.query<UsagePoint>(
    `WITH span AS (
       SELECT at, ${NOW_OF_TRANSACTION} - make_interval(secs => $2::float8 * ($3::int - at)) AS began FROM generate_series(0, $3 - 1) AS at),
     first AS (SELECT began FROM span WHERE at = 0),
     ran AS MATERIALIZED (
       SELECT greatest(start, first.began - interval '1 second') AS start, CASE WHEN stop <= ${NOW_OF_TRANSACTION} THEN stop END AS stop
       FROM site_license_usage_log, first
       WHERE license_id = $1 AND start <= ${NOW_OF_TRANSACTION} AND (stop IS NULL OR stop > greatest(start, first.began))),
     change AS (SELECT start AS time, 1 AS by FROM ran UNION ALL SELECT stop, -1 FROM ran WHERE stop IS NOT NULL),
     level AS (
       SELECT time, row_number() OVER in_order AS nth, sum(by) OVER in_order AS running FROM change
       WINDOW in_order AS (ORDER BY time, by ROWS UNBOUNDED PRECEDING)),
     placed AS (
       SELECT least(floor(extract(epoch FROM time - first.began) / $2), $3 - 1)::int AS at, max(running) AS most,
         (array_agg(running ORDER BY nth DESC))[1] AS last
       FROM level, first GROUP BY 1)
     SELECT ${momentInSql("span.began")} AS time,
       greatest(placed.most, (SELECT last FROM placed AS before WHERE before.at < span.at ORDER BY before.at DESC LIMIT 1), 0)::int AS running
     FROM span LEFT JOIN placed ON placed.at = span.at ORDER BY span.at`,
    [licenseId, spanSeconds, SPANS],
  );
  return { spanSeconds, points };
}

/** Forgets what was used long ago; called now and then. */
export async function deleteOldUsage(db: Queryable): Promise<void> {
  await db.execute(
    `DELETE FROM site_license_usage_log WHERE (license_id, project_id, start) IN (SELECT license_id, project_id, start FROM site_license_usage_log
       WHERE stop < ${NOW_OF_TRANSACTION} - make_interval(days => $1) LIMIT 5000 FOR UPDATE SKIP LOCKED)`,
    [KEPT_DAYS],
  );
}
