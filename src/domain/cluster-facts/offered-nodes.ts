/** What nodes offer to pods, as manage-state tells it: the part of the fact `nodes` that decides how many starts may be in flight. */

import { z } from "zod";
import type { Queryable } from "../../db/db.ts";
import { NOW } from "../../db/moments.ts";
import { nodeSummary, TOLD_OLD_MS } from "../../protocol/cluster.ts";
import type { NodeOffer } from "../project-pods/node-fit.ts";

const offers = z.array(nodeSummary.pick({ ready: true, schedulable: true, taints: true, labels: true }));

/** Asked every few seconds for as long as somebody leads: hundreds of nodes are read again only when they have been told anew. */
export class OfferedNodes {
  readonly #db: Queryable;
  #latest: { version: string; nodes: readonly NodeOffer[] | null } | undefined;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** null: nobody tells of them, or only somebody who may not see them, or of another release. */
  async now(): Promise<readonly NodeOffer[] | null> {
    const [row] = await this.#db.query<{ version: string; nodes: unknown }>(
      `SELECT time::text AS version, CASE WHEN time::text IS DISTINCT FROM $1 THEN
         jsonb_path_query_array(value, '$.nodes[*]') END AS nodes
       FROM cluster_facts WHERE name = 'nodes' AND time > ${NOW} - make_interval(secs => $2)
         AND value -> 'refused' IS DISTINCT FROM 'true'`,
      [this.#latest?.version ?? null, TOLD_OLD_MS / 1_000],
      "offeredNodes",
    );
    if (row === undefined) return null;
    if (row.version !== this.#latest?.version) {
      this.#latest = { version: row.version, nodes: offers.safeParse(row.nodes).data ?? null };
    }
    return this.#latest.nodes;
  }
}
