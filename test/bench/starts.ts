/** From the commit of a start request to the pod, against bare POSTs of the same objects: one at a time, a thousand at once, and a thousand with licences. */

import { randomUUID } from "node:crypto";
import type { Life } from "../../src/core/life.ts";
import { podName } from "../../src/domain/project-pods/identity.ts";
import { pods } from "../../src/kube/resources.ts";
import { measureInCluster, type Place } from "./cluster.ts";
import { type Bench, createProject, openBench, startRole } from "./place.ts";
import { type Benchmark, type Figure, median, ms, perSecond, quantile } from "./report.ts";

const WARM_UP = 20;
const SINGLE = 100;
const MANY = 1_000;
const ROUNDS = 3;
/** As many as manage-action works on at once. */
const AT_ONCE = 64;

export function benchmark(life: Life): Benchmark {
  return { name: "starts", run: () => measureInCluster(life, import.meta.url, { pods: "none" }) };
}

/** Runs inside the cluster. */
export async function measure(life: Life, place: Place): Promise<Figure[]> {
  const bench = await openBench(life, place);
  await startRole(life, bench, { name: "manage-action", env: { COCALC_STARTS_IN_FLIGHT: "100000" } });
  return [await oneAtATime(bench), await manyAtOnce(bench), await manyAtOnce(bench, { licensed: true })];
}

async function oneAtATime(bench: Bench): Promise<Figure> {
  const [served, bare]: [number[], number[]] = [[], []];
  for (let count = 0; count < WARM_UP + SINGLE; count += 1) {
    const times = [await serveOne(bench), await postOne(bench)] as const;
    if (count < WARM_UP) continue;
    served.push(times[0]);
    bare.push(times[1]);
  }
  const ratio = median(served) / median(bare);
  return {
    what: "commit of a start request → pod exists, one at a time",
    measured: `p50 ${ms(median(served))}, p95 ${ms(quantile(served, 0.95))}`,
    against: `bare POST p50 ${ms(median(bare))}, p95 ${ms(quantile(bare, 0.95))}`,
    ratio,
    aim: "≤ 2×",
    met: ratio <= 2,
    how: `${SINGLE} of each by turns, medians; both until a watch tells of the pod; kube-apiserver and etcd, no node takes the pods`,
  };
}

async function serveOne(bench: Bench): Promise<number> {
  const projectId = await createProject(bench);
  const seen = bench.watched.when(() => bench.watched.get(podName(projectId)) !== undefined);
  await bench.db.execute(ASK_ONE, [projectId]);
  const began = performance.now();
  return Math.max(0, (await seen) - began);
}

async function postOne({ kube, watched, barePod }: Bench): Promise<number> {
  const pod = barePod();
  const seen = watched.when(() => watched.get(pod.metadata.name) !== undefined);
  const began = performance.now();
  await kube.create(pods, pod);
  return (await seen) - began;
}

const ASK = `jsonb_build_object('action', 'start',
  'time', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))`;
const ASK_ONE = `UPDATE projects SET action_request = ${ASK} WHERE project_id = $1`;

async function manyAtOnce(bench: Bench, { licensed = false } = {}): Promise<Figure> {
  const [served, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(await postMany(bench));
    served.push(await serveMany(bench, licensed ? await makeLicenses(bench) : []));
  }
  const ratio = median(served) / median(bare);
  const licenses = licensed ? `, each project with two licences, one with a run limit of ${MANY}` : "";
  return {
    what: `${MANY} start requests at once${licensed ? ", with licences," : ""} → ${MANY} pods`,
    measured: perSecond(median(served)),
    against: `bare POSTs ${perSecond(median(bare))}`,
    ratio,
    aim: "≥ 0.8",
    met: ratio >= 0.8,
    how: `one UPDATE of ${MANY} rows, from its commit to the last pod in a watch; bare: one client, ${AT_ONCE} at a time; ${ROUNDS} rounds by turns, medians; starts in flight not limited${licenses}`,
  };
}

/** Two that a class has: one for everybody, and a boost of it. */
async function makeLicenses({ db }: Bench): Promise<string[]> {
  const quota = { ram: 2, cpu: 1, member: true, idle_timeout: "medium" };
  const rows = await db.query<{ id: string }>(
    `INSERT INTO site_licenses (title, activates, run_limit, quota)
     VALUES ('Class', 'yesterday', ${MANY}, $1::jsonb), ('Boost', 'yesterday', NULL, $1::jsonb || '{"boost": true}')
     RETURNING id`,
    [JSON.stringify(quota)],
  );
  return rows.map(({ id }) => id);
}

/** Pods per second. */
async function serveMany({ db, watched }: Bench, licenses: string[]): Promise<number> {
  const owner = randomUUID();
  const rows = await db.query<{ project_id: string }>(
    `INSERT INTO projects (project_id, title, users, site_license)
     SELECT gen_random_uuid(), 'Bench', jsonb_build_object($1::text, jsonb_build_object('group', 'owner')), $2
     FROM generate_series(1, ${MANY}) RETURNING project_id`,
    [owner, JSON.stringify(Object.fromEntries(licenses.map((id) => [id, {}])))],
  );
  const names = rows.map(({ project_id }) => podName(project_id));
  const last = watched.when(() => names.every((name) => watched.get(name) !== undefined));
  await db.execute(`UPDATE projects SET action_request = ${ASK} WHERE users ? $1`, [owner]);
  const began = performance.now();
  const perSecond = MANY / (((await last) - began) / 1_000);
  await expectLicensed({ db }, owner, licenses);
  return perSecond;
}

/** Else what was measured would not be what it says. */
async function expectLicensed({ db }: Pick<Bench, "db">, owner: string, licenses: string[]): Promise<void> {
  const [row] = await db.query<{ active: number }>(
    `SELECT count(*)::int AS active FROM projects, jsonb_each(site_license) WHERE users ? $1 AND value ->> 'status' = 'active'`,
    [owner],
  );
  if (row?.active !== MANY * licenses.length) throw new Error(`${row?.active} licences of the starts are active`);
}

async function postMany({ kube, watched, barePod }: Bench): Promise<number> {
  const bodies = Array.from({ length: MANY }, () => barePod());
  const names = bodies.map(({ metadata }) => metadata.name);
  const last = watched.when(() => names.every((name) => watched.get(name) !== undefined));
  const began = performance.now();
  const next = bodies.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const body of next) await kube.create(pods, body);
    }),
  );
  return MANY / (((await last) - began) / 1_000);
}
