/** Commits that notify, against the same commits without: how much all replicas together can write of projects' states. */

import type pg from "pg";
import type { Life } from "../../src/core/life.ts";
import { endClient, newClient } from "../../src/db/client.ts";
import { type Benchmark, type Figure, median, perSecond } from "./report.ts";
import { openWorld, type World } from "./world.ts";

const WRITERS = 64;
const ROUNDS = 5;
const ROUND_MS = 2_000;
/** Of each writer; also what manage-state writes with one commit at most. */
const PROJECTS = 100;

export function benchmark(life: Life): Benchmark {
  return { name: "writers", run: () => measure(life) };
}

async function measure(life: Life): Promise<Figure[]> {
  const world = await openWorld(life);
  const projectIds = await createProjects(world);
  const clients = await Promise.all(Array.from({ length: WRITERS }, () => connected(life, world)));
  const writers = clients.map((client, index) => ({
    client,
    projectIds: projectIds.slice(index * PROJECTS, (index + 1) * PROJECTS),
  }));
  await world.db.listen(life, { channels: ["projects_state"], onNotify: () => {}, onMissed: () => {} });
  return [await compared(world, writers, { rows: 1 }), await compared(world, writers, { rows: PROJECTS })];
}

interface Writer {
  client: pg.Client;
  projectIds: string[];
}

async function createProjects({ db }: World): Promise<string[]> {
  const rows = await db.query<{ project_id: string }>(
    `INSERT INTO projects (project_id, title) SELECT gen_random_uuid(), 'Bench' FROM generate_series(1, ${WRITERS * PROJECTS}) RETURNING project_id`,
  );
  return rows.map(({ project_id }) => project_id);
}

async function connected(life: Life, { config }: World): Promise<pg.Client> {
  const { host, port, user, password, database } = config;
  const client = newClient({ host, port, user, password, database });
  life.defer("writer", () => endClient(client));
  await client.connect();
  return client;
}

/** `rows`: projects whose state is written with one commit. */
async function compared({ db }: World, writers: Writer[], { rows }: { rows: number }): Promise<Figure> {
  const [telling, silent]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    telling.push(await commitsPerSecond(writers, rows));
    await db.execute("ALTER TABLE projects DISABLE TRIGGER projects_state_update");
    silent.push(await commitsPerSecond(writers, rows));
    await db.execute("ALTER TABLE projects ENABLE TRIGGER projects_state_update");
  }
  const ratios = telling.map((count, round) => count / (silent[round] ?? Number.NaN));
  const each = rows === 1 ? "one state with each commit" : `${rows} states with each commit`;
  return {
    what: `${WRITERS} writers at once, ${each}, all notify`,
    measured: `${perSecond(median(telling))} commits, ${perSecond(median(telling) * rows)} states`,
    against: `without NOTIFY ${perSecond(median(silent))} commits`,
    ratio: median(ratios),
    ratios,
    how: `${ROUNDS} rounds of ${ROUND_MS / 1_000} s by turns on an embedded PostgreSQL that syncs each commit; one listener. PostgreSQL lets one notifying commit of a server through at a time, its sync included: that is the ceiling, and writing many states with one commit is what lies beyond it`,
  };
}

/** Each writer commits one statement after another until the round is over. */
async function commitsPerSecond(writers: Writer[], rows: number): Promise<number> {
  const began = performance.now();
  const counts = await Promise.all(
    writers.map(async ({ client, projectIds }) => {
      let count = 0;
      for (; performance.now() - began < ROUND_MS; count += 1) {
        const first = rows === 1 ? count % projectIds.length : 0;
        await client.query(
          `UPDATE projects SET state = jsonb_build_object('state', 'running', 'time', clock_timestamp()) WHERE project_id = ANY ($1::uuid[])`,
          [projectIds.slice(first, first + rows)],
        );
      }
      return count;
    }),
  );
  return counts.reduce((all, count) => all + count, 0) / ((performance.now() - began) / 1_000);
}
