/** What roles with rights in the cluster tell of it, kept in the database, so that whoever shows it needs none. */

import type { z } from "zod";
import type { Queryable } from "../../db/db.ts";
import type { Leader } from "../../db/leader.ts";
import { NOW } from "../../db/moments.ts";
import { type ClusterView, type NodesFact, nodesFact, type QueueFact, queueFact } from "../../protocol/cluster.ts";

/** Facts by their names, each written whole by the leader of one role. */
export interface ClusterFacts {
  nodes: NodesFact;
  queue: QueueFact;
}

/** Tells a fact, as it is now; false: refused, because there is a newer leader. */
export async function tellFact<N extends keyof ClusterFacts>(
  leader: Leader,
  name: N,
  value: ClusterFacts[N],
): Promise<boolean> {
  const rows = await leader.write(
    (isLeading) => `INSERT INTO cluster_facts (name, value) SELECT $1, $2::jsonb WHERE ${isLeading}
     ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, time = ${NOW} RETURNING name`,
    [name, JSON.stringify(value)],
    "tellFact",
  );
  return rows.length > 0;
}

/** All that has been told. What another release has told in another shape counts as not told. */
export async function clusterView(db: Queryable): Promise<ClusterView> {
  const rows = await db.query<{ name: string; value: unknown; time: Date }>(
    "SELECT name, value, time FROM cluster_facts WHERE name IN ('nodes', 'queue')",
  );
  const told = <T extends object>(name: keyof ClusterFacts, shape: z.ZodType<T>) => {
    const row = rows.find((one) => one.name === name);
    const { data } = shape.safeParse(row?.value);
    return row !== undefined && data !== undefined ? { ...data, time: row.time.toISOString() } : null;
  };
  return { nodes: told("nodes", nodesFact), queue: told("queue", queueFact) };
}
