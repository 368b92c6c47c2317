/** A thousand requests at once, with no node that takes a pod: a thousand pods, none lost and none doubled. */
import { randomUUID } from "node:crypto";
import { expect } from "@jest/globals";
import { pods } from "../../src/kube/resources.ts";
import { until } from "../helpers/until.ts";
import { eachNode, openTestWorld, testOnOwnCluster } from "./world.ts";

const REQUESTS = 1_000;
const WAIT = { timeoutMs: 180_000, everyMs: 250 };

const { world } = await openTestWorld();

testOnOwnCluster(
  `${REQUESTS} starts asked for in one statement end in ${REQUESTS} pods, and as many stops in none`,
  async () => {
    await eachNode(world, "cordon");
    try {
      const owner = randomUUID();
      await makeProjects(owner);
      await ask(owner, "start");
      await until(async () => (await applied(owner)) === REQUESTS, WAIT);
      const names = await podsOf(owner);
      expect(new Set(names).size).toBe(REQUESTS);
      expect(names).toHaveLength(REQUESTS);
      await ask(owner, "stop");
      await until(async () => (await unfinished(owner)) === 0, WAIT);
      expect(await podsOf(owner)).toEqual([]);
    } finally {
      await eachNode(world, "uncordon");
    }
  },
);

async function makeProjects(owner: string): Promise<void> {
  await world.db.execute(
    `INSERT INTO projects (project_id, title, users)
     SELECT gen_random_uuid(), 'One of a thousand', jsonb_build_object($1::text, jsonb_build_object('group', 'owner'))
     FROM generate_series(1, $2::int)`,
    [owner, REQUESTS],
  );
}

/** Asks as any other writer would: by the column alone. */
async function ask(owner: string, action: "start" | "stop"): Promise<void> {
  await world.db.execute(
    "UPDATE projects SET action_request = jsonb_build_object('action', $2::text, 'time', $3::text) WHERE users ? $1",
    [owner, action, new Date().toISOString()],
  );
}

/** How many of the starts have a pod, by our own word: to look at a thousand pods again and again would slow down what makes them. */
async function applied(owner: string): Promise<number> {
  const sql = `SELECT count(*)::int AS count FROM project_starts JOIN projects USING (project_id)
    WHERE users ? $1 AND applied IS NOT NULL`;
  return (await world.db.query<{ count: number }>(sql, [owner]))[0]?.count ?? 0;
}

async function unfinished(owner: string): Promise<number> {
  const sql = `SELECT count(*)::int AS count FROM projects
    WHERE users ? $1 AND (NOT action_request ? 'finished' OR state->>'state' <> 'opened')`;
  return (await world.db.query<{ count: number }>(sql, [owner]))[0]?.count ?? 0;
}

/** Names of the pods of this owner's projects. */
async function podsOf(owner: string): Promise<string[]> {
  const rows = await world.db.query<{ project_id: string }>("SELECT project_id FROM projects WHERE users ? $1", [
    owner,
  ]);
  const mine = new Set(rows.map(({ project_id }) => project_id));
  const { items } = await world.kube.list(pods, { labelSelector: "run=project" });
  return items
    .filter(({ metadata }) => mine.has(metadata.labels?.project_id ?? ""))
    .map(({ metadata }) => metadata.name);
}
