/** What leadership asks the database: locks, epochs, words of leaders. It remembers nothing. */

import type { Connection } from "./connection.ts";

/** Who leads from now on; `leader.ts` has what it may do. */
export interface Elected {
  name: string;
  /** Grows with every term of this name. */
  epoch: number;
}

/** The lock of who leads, and the one that fit replicas share while they wait. */
const KEY = { lead: "hashtextextended($1, 0)", wait: "hashtextextended($1 || ' fit', 0)" };

/** Whether the lock is ours now, and whether whoever holds it has been silent for too long. */
export async function tryToLock(
  connection: Connection,
  name: string,
  silentSeconds: number,
): Promise<{ held: boolean; silent: boolean }> {
  const [answer] = await connection.query<{ held: boolean; silent: boolean | null }>(
    `SELECT pg_try_advisory_lock(${KEY.lead}) AS held,
       (SELECT seen >= since AND seen < now() - make_interval(secs => $2) FROM leaders WHERE name = $1) AS silent`,
    [name, silentSeconds],
  );
  return { held: answer?.held === true, silent: answer?.silent === true };
}

/** The term that begins: its epoch is later than all before. */
export async function newEpoch(connection: Connection, name: string): Promise<number | undefined> {
  const [row] = await connection.query<{ epoch: number }>(
    `INSERT INTO leaders (name, epoch, since, seen) VALUES ($1, 1, now(), now())
     ON CONFLICT (name) DO UPDATE SET epoch = leaders.epoch + 1, since = now(), seen = now() RETURNING epoch`,
    [name],
  );
  return row?.epoch;
}

/**
 * The word of a process for all that it leads: it is alive, and so is its connection. Gives the names that it leads indeed: for any other somebody
 * else was elected since, or what said that we were was garbled on its way.
 */
export async function sayAWord(connection: Connection, leaders: readonly Elected[]): Promise<Set<string>> {
  const led = await connection.query<{ name: string }>(
    `UPDATE leaders SET seen = now() FROM unnest($1::text[], $2::bigint[]) AS led (name, epoch)
     WHERE leaders.name = led.name AND leaders.epoch = led.epoch RETURNING leaders.name`,
    [leaders.map(({ name }) => name), leaders.map(({ epoch }) => epoch)],
  );
  return new Set(led.map(({ name }) => name));
}

/**
 * Ends the connection that holds the lock of a leader which is still silent: the server frees its locks. Whether there was one. Terms are
 * fenced: what it writes when it wakes is refused.
 */
export async function endSilent(connection: Connection, name: string, silentSeconds: number): Promise<boolean> {
  const ended = await connection.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks
     WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock' AND objsubid = 1
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND classid::bigint << 32 | objid::bigint = ${KEY.lead}
       AND (SELECT seen >= since AND seen < now() - make_interval(secs => $2) FROM leaders WHERE name = $1)`,
    [name, silentSeconds],
  );
  return ended.length > 0;
}

/** Tells a leader that is not fit: here waits a replica that is. */
export async function offerToLead(connection: Connection, name: string): Promise<boolean> {
  const [answer] = await connection.query<{ held: boolean }>(
    `SELECT pg_try_advisory_lock_shared(${KEY.wait}) AS held`,
    [name],
  );
  return answer?.held === true;
}

export async function withdrawOffer(connection: Connection, name: string): Promise<void> {
  await connection.query(`SELECT pg_advisory_unlock_shared(${KEY.wait})`, [name]);
}

/** Whether a fit replica waits. Only who offers nothing may ask. */
export async function somebodyOffers(connection: Connection, name: string): Promise<boolean> {
  const [answer] = await connection.query<{ free: boolean }>(`SELECT pg_try_advisory_lock(${KEY.wait}) AS free`, [
    name,
  ]);
  if (answer?.free !== true) return true;
  await connection.query(`SELECT pg_advisory_unlock(${KEY.wait})`, [name]);
  return false;
}

/** Gives the lock back so that another takes over at once; on a lost connection the server has done so. */
export async function unlock(connection: Connection, name: string): Promise<void> {
  await connection.query(`SELECT pg_advisory_unlock(${KEY.lead})`, [name]).catch(() => {});
}
