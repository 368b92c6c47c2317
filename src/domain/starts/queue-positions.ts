/** The positions of all who wait for a turn, computed once for everybody who asks within about a second. */

import type { Queryable } from "../../db/db.ts";

interface Positions {
  byTicket: ReadonlyMap<number, number>;
  /** The last ticket that was given when they were computed; null: none yet. */
  newest: number | null;
}

/** Each of a thousand who wait looks every few seconds, and any of these looks has to order the whole queue. */
const KEPT_MS = 1_000;

export class QueuePositions {
  readonly #db: Queryable;
  #latest: { positions: Promise<Positions>; until: number } | undefined;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** The position of a ticket, 1 for the next; null: it does not wait. Who is new in the queue is found at once. */
  async of(ticket: number): Promise<number | null> {
    const seen = this.#positions();
    const positions = await seen;
    const isNew = ticket > (positions.newest ?? 0);
    const { byTicket } = isNew ? await this.#positionsAfter(seen) : positions;
    return byTicket.get(ticket) ?? null;
  }

  #positions(): Promise<Positions> {
    const known = this.#latest;
    return known !== undefined && known.until > Date.now() ? known.positions : this.#compute();
  }

  /** Computed after `seen`, once for all who have seen that. */
  #positionsAfter(seen: Promise<Positions>): Promise<Positions> {
    const known = this.#latest;
    return known !== undefined && known.positions !== seen ? known.positions : this.#compute();
  }

  #compute(): Promise<Positions> {
    const latest = { positions: positionsInQueue(this.#db), until: Date.now() + KEPT_MS };
    this.#latest = latest;
    latest.positions.catch(() => {
      if (this.#latest === latest) this.#latest = undefined; // the next one asks anew; this one is told by its own await
    });
    return latest.positions;
  }
}

/**
 * By the rule by which manage-action gives turns (`turns.ts`): who has the fewest starts in flight, counting those before it in the same
 * owner's queue, is next.
 */
async function positionsInQueue(db: Queryable): Promise<Positions> {
  const rows = await db.query<{ newest: number | null; ticket: number | null; position: number }>(
    `WITH under_way AS MATERIALIZED (
       SELECT ticket, coalesce(owner_id, project_id) AS owner, applied, reason FROM project_starts WHERE outcome IS NULL
     ), in_flight AS (
       SELECT owner, count(*) AS count FROM under_way
       WHERE applied IS NOT NULL AND reason IS DISTINCT FROM 'no_room' GROUP BY owner
     ), queue AS (
       SELECT ticket, row_number() OVER (PARTITION BY owner ORDER BY ticket) + coalesce(count, 0) AS turn
       FROM under_way LEFT JOIN in_flight USING (owner) WHERE applied IS NULL AND reason = 'queued'
     )
     SELECT newest, ticket, row_number() OVER (ORDER BY turn, ticket) AS position
     FROM (SELECT max(ticket) AS newest FROM project_starts) AS given LEFT JOIN queue ON true`,
  );
  const byTicket = rows.flatMap(({ ticket, position }) => (ticket === null ? [] : [[ticket, position] as const]));
  return { byTicket: new Map(byTicket), newest: rows[0]?.newest ?? null };
}
