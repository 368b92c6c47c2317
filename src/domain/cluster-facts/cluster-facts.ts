/** What roles with rights in the cluster tell of it, kept in the database, so that whoever shows it needs none. */

import type { z } from "zod";
import type { Queryable } from "../../db/db.ts";
import { type ClusterView, nodesFact, queueFact } from "../../protocol/cluster.ts";

/** All that has been told. What another release has told in another shape counts as not told. */
export async function clusterView(db: Queryable): Promise<ClusterView> {
  const rows = await db.query<{ name: string; value: unknown; time: Date }>(
    "SELECT name, value, time FROM cluster_facts WHERE name IN ('nodes', 'queue')",
  );
  const told = <T extends object>(name: string, shape: z.ZodType<T>) => {
    const row = rows.find((one) => one.name === name);
    const { data } = shape.safeParse(row?.value);
    return row !== undefined && data !== undefined ? { ...data, time: row.time.toISOString() } : null;
  };
  return { nodes: told("nodes", nodesFact), queue: told("queue", queueFact) };
}
