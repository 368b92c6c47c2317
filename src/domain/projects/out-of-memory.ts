/** That memory ran out, in a project's log: each time once, whoever tells of it again. */

import { createHash } from "node:crypto";
import type { Queryable } from "../../db/db.ts";
import type { Leader } from "../../db/leader.ts";
import { NOW } from "../../db/moments.ts";
import type { KilledProgram, OutOfMemory } from "../../protocol/project-status.ts";

const EVENT = "project_out_of_memory";
/** What a program in a pod was ended by is told by the pod, so it is bounded: once in so long, by project. */
export const OFTEN_SECONDS = 60;
/** What is longer ago than that is neither asked for nor taken from a pod. */
const ASKED_FOR_DAYS = 7;

/**
 * A program in the project was ended, the project's server says, now or when nobody was there to be told: it stands in the log when it was. Of one
 * minute once at most is written down. Its time is a claim of the pod: it is left out where the project did not run by then for all that is known. A
 * server tells at its start of what was killed since the start before, and where that one could not be reached, of what it should have told.
 */
export async function logKilledProgram(db: Queryable, projectId: string, what: KilledProgram): Promise<void> {
  const time = new Date(what.time); // with years and offsets that PostgreSQL reads otherwise
  const told = { ...what, time: time.toISOString() };
  const often = `interval '${OFTEN_SECONDS} seconds'`;
  await db.execute(
    `INSERT INTO project_log (id, project_id, event, time)
     SELECT $1, $2, $3, at.time FROM (SELECT LEAST($4::timestamp, ${NOW}) AS time) AS at
     WHERE at.time > ${NOW} - interval '${ASKED_FOR_DAYS} days' AND at.time > coalesce(
         (SELECT requested FROM project_starts WHERE project_id = $2 AND ready IS NOT NULL ORDER BY ticket DESC OFFSET 2 LIMIT 1),
         (SELECT created FROM projects WHERE project_id = $2)) AND NOT EXISTS (
       SELECT FROM project_log AS log WHERE project_id = $2 AND event ->> 'event' = '${EVENT}'
         AND log.time > at.time - ${often} AND log.time < at.time + ${often})
     ON CONFLICT (id) DO NOTHING`,
    [idOf(projectId, told.time), projectId, JSON.stringify({ event: EVENT, ...told }), time],
  );
}

/** All of the project's container was ended, Kubernetes says. Which process it was is not known yet. Whether that was not in the log. */
export async function logEndedContainer(
  leader: Leader,
  { projectId, podUid, ended, limit }: { projectId: string; podUid: string; ended: Date; limit: number | null },
): Promise<boolean> {
  const time = ended.toISOString();
  const written = await leader.write(
    (
      isLeading,
    ) => `INSERT INTO project_log (id, project_id, event, time) SELECT $1, $2, $3, LEAST($4::timestamp, ${NOW}) WHERE ${isLeading}
     ON CONFLICT (id) DO NOTHING RETURNING id`,
    [idOf(podUid, time), projectId, JSON.stringify({ event: EVENT, time, limit, whole: true }), time],
  );
  return written.length > 0;
}

/** Of an entry of the log: all was ended, and nobody was asked yet which process it was. */
const UNTOLD = `(event @> '{"event": "${EVENT}", "whole": true}' AND NOT event ? 'process')`;

export interface UntoldEnd {
  id: string;
  project_id: string;
  /** When the container ended. */
  ended: Date;
}

/** By project: the last end of which it was not asked yet which process it was. */
export async function untoldEnds(db: Queryable, projectIds: string[]): Promise<(UntoldEnd | undefined)[]> {
  const rows = await db.query<{ id: string; project_id: string; ended: string }>(
    `SELECT DISTINCT ON (project_id) id, project_id, event ->> 'time' AS ended FROM project_log
     WHERE project_id = ANY ($1::uuid[]) AND time > ${NOW} - interval '${ASKED_FOR_DAYS} days' AND ${UNTOLD}
     ORDER BY project_id, time DESC`,
    [projectIds],
  );
  const found = new Map(rows.map((row) => [row.project_id, { ...row, ended: new Date(row.ended) }]));
  return projectIds.map((projectId) => found.get(projectId));
}

/**
 * Which process it was, as far as anybody noted it. Where somebody had, ends before it are asked about no more: their container was back only to
 * end again, and what was noted of it has been written over.
 */
export async function tellEnd(
  leader: Leader,
  id: string,
  { process, used }: Pick<OutOfMemory, "process" | "used">,
): Promise<void> {
  await leader.write(
    (isLeading) => `UPDATE project_log AS log
     SET event = log.event || CASE WHEN log.id = $1 THEN $2 ELSE '{"process": null, "used": null}' END::jsonb
     FROM (SELECT project_id, time FROM project_log WHERE id = $1) AS told
     WHERE log.project_id = told.project_id AND log.time BETWEEN told.time - interval '${ASKED_FOR_DAYS} days' AND told.time
       AND (log.id = $1 OR ($3 AND ${UNTOLD})) AND ${isLeading}`,
    [id, JSON.stringify({ process, used }), process !== null],
  );
}

/** The same for the same words, so that nothing is written twice. */
function idOf(...words: string[]): string {
  const hex = createHash("sha256").update(words.join(" ")).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
