/** What manage-state and manage-action cost with 10,000 running projects: at rest, and until they are in sync again after a restart. */

import { setTimeout as after } from "node:timers/promises";
import type { Life } from "../../src/core/life.ts";
import { podName } from "../../src/domain/project-pods/identity.ts";
import { pods } from "../../src/kube/resources.ts";
import { openPretendedNodes } from "../cluster/kwok.ts";
import { until } from "../helpers/until.ts";
import { measureInCluster, type Place } from "./cluster.ts";
import { type Bench, createProject, openBench, startRoleProcess } from "./place.ts";
import { memoryOf, processorTimeOf, startProgram } from "./processes.ts";
import { type Benchmark, type Figure, megabytes } from "./report.ts";

const PROJECTS = 10_000;
const AT_ONCE = 64;
const REST_MS = 30_000;
const POOL = "many";
const ROLES = ["manage-state", "manage-action"] as const;
const [AIM_CORES, AIM_BYTES, AIM_SYNC_MS] = [0.1, 300e6, 5_000];

export function benchmark(life: Life): Benchmark {
  return { name: "manage", run: () => measureInCluster(life, import.meta.url, { pods: "pretended" }) };
}

/** Runs inside the cluster. */
export async function measure(life: Life, place: Place): Promise<Figure[]> {
  const bench = await openBench(life, place);
  const { kubeconfig } = place;
  const start = (command: string, args: string[]) => void startProgram(life, { command, args });
  const speeds = [{ name: "node", count: 1, readyMs: 10 }];
  await openPretendedNodes(life, { kube: bench.kube, kubeconfig, start }, { pool: POOL, speeds });
  const before = life.child("roles before");
  await startRoles(before, bench);
  await makeRunning(bench);
  await before.stop();
  const syncMs = await restarted(life, bench);
  return figures(syncMs);
}

const pids = new Map<string, number>();

async function startRoles(life: Life, bench: Bench): Promise<void> {
  await Promise.all(ROLES.map(async (name) => pids.set(name, (await startRoleProcess(life, bench, { name })).pid)));
}

/** All at once in the database; each with a pod on the pretended node. */
async function makeRunning({ db, kube, barePod }: Bench): Promise<void> {
  const rows = await db.query<{ project_id: string }>(
    `INSERT INTO projects (project_id, title, users) SELECT gen_random_uuid(), 'Bench', jsonb_build_object(gen_random_uuid()::text, '{"group":"owner"}'::jsonb)
     FROM generate_series(1, ${PROJECTS}) RETURNING project_id`,
  );
  const next = rows.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const { project_id } of next) {
        const pod = barePod(project_id);
        await kube.create(pods, { ...pod, spec: { ...pod.spec, nodeName: `${POOL}-node-0` } });
      }
    }),
  );
  await until(async () => (await countRunning(db)) === PROJECTS, { timeoutMs: 1_200_000, everyMs: 1_000 });
}

async function countRunning(db: Bench["db"]): Promise<number> {
  const sql = "SELECT count(*)::int AS count FROM projects WHERE state ->> 'state' = 'running'";
  return (await db.query<{ count: number }>(sql))[0]?.count ?? 0;
}

/** Milliseconds from the start of both processes until what happened while they were away is in the database, and what was asked for in the cluster. */
async function restarted(life: Life, bench: Bench): Promise<number> {
  const { db, kube, watched } = bench;
  const [gone] = await db.query<{ project_id: string }>("SELECT project_id FROM projects LIMIT 1");
  await kube.delete(pods, podName(gone?.project_id ?? ""), { gracePeriodSeconds: 0 });
  const asked = await createProject(bench);
  await db.execute(`UPDATE projects SET action_request = '{"action": "start"}' WHERE project_id = $1`, [asked]);
  const began = performance.now();
  const started = startRoles(life, bench);
  const made = watched.when(() => watched.get(podName(asked)) !== undefined);
  const isGone = "SELECT FROM projects WHERE project_id = $1 AND state ->> 'state' = 'opened'";
  await until(async () => (await db.query(isGone, [gone?.project_id])).length > 0, { timeoutMs: 300_000, everyMs: 50 });
  await Promise.all([started, made]);
  return performance.now() - began;
}

async function figures(syncMs: number): Promise<Figure[]> {
  const how = `${PROJECTS} pods on a node of kwok, real API server; each role a process; ${REST_MS / 1_000} s in which nothing happens but relists`;
  const used = new Map<string, number>();
  for (const [name, pid] of pids) used.set(name, await processorTimeOf(pid));
  await after(REST_MS);
  const costs: Figure[] = [];
  for (const [name, pid] of pids) {
    const cores = ((await processorTimeOf(pid)) - (used.get(name) ?? 0)) / REST_MS;
    const bytes = await memoryOf(pid);
    costs.push({
      what: `${name} at ${PROJECTS} running projects, at rest`,
      measured: `${(100 * cores).toFixed(1)} % of a core, ${megabytes(bytes)}`,
      aim: `< ${100 * AIM_CORES} %, < ${AIM_BYTES / 1e6} MB`,
      met: cores < AIM_CORES && bytes < AIM_BYTES,
      how,
    });
  }
  const sync: Figure = {
    what: `manage roles at ${PROJECTS} running projects: start of the processes → in sync`,
    measured: `${(syncMs / 1_000).toFixed(1)} s`,
    aim: `≤ ${AIM_SYNC_MS / 1_000} s`,
    met: syncMs <= AIM_SYNC_MS,
    how: "until a pod that went while they were away is gone from the database, and a start that was asked for has its pod",
  };
  return [...costs, sync];
}
