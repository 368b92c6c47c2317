/** From the commit of a project's settings to the processor limit in its control group, against `kubectl patch` of a pod like it. */

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import type { Life } from "../../src/core/life.ts";
import { podName, projectIdOf } from "../../src/domain/project-pods/identity.ts";
import { pods } from "../../src/kube/resources.ts";
import type { Pod } from "../../src/kube/types.ts";
import { KUBERNETES_FOLDER } from "../cluster/binaries.ts";
import { cacheFolder } from "../cluster/cache.ts";
import { until } from "../helpers/until.ts";
import { measureInCluster, type Place } from "./cluster.ts";
import { type Bench, createProject, isReady, openBench, startRole } from "./place.ts";
import { type Benchmark, type Figure, median, ms, quantile } from "./report.ts";

const ROUNDS = 15;
const AIM = 1.1;

export function benchmark(life: Life): Benchmark {
  return { name: "resize", run: () => measureInCluster(life, import.meta.url, { pods: "real" }) };
}

/** Runs inside the cluster. */
export async function measure(life: Life, place: Place): Promise<Figure[]> {
  const bench = await openBench(life, place);
  await Promise.all([
    startRole(life, bench, { name: "manage-action" }),
    startRole(life, bench, { name: "manage-state" }),
  ]);
  const [ours, bare] = [await startedByUs(bench), await startedBare(bench)];
  const [served, patched]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const cores = round % 2 === 0 ? 2 : 1.5;
    const times = [await bySettings(bench, ours, cores), await byKubectl(bench, bare, cores)] as const;
    if (round === 0) continue; // warms what is loaded at first use
    served.push(times[0]);
    patched.push(times[1]);
  }
  const ratio = median(served) / median(patched);
  return [
    {
      what: "commit of a project's settings → limit in its control group",
      measured: `p50 ${ms(median(served))}, p95 ${ms(quantile(served, 0.95))}`,
      against: `kubectl patch p50 ${ms(median(patched))}, p95 ${ms(quantile(patched, 0.95))}`,
      ratio,
      aim: `≤ ${AIM}×`,
      met: ratio <= AIM,
      how: `${ROUNDS} of each by turns, processor limit up and down, medians; two running pods of one image on a real node; both wait for the node, kubectl starts a process`,
    },
  ];
}

/** A pod that runs, and the file in which the kernel keeps its container's processor limit, in microseconds of each 100 ms. */
interface Resized {
  pod: Pod;
  file: string;
}

async function startedByUs(bench: Bench): Promise<Resized> {
  const projectId = await createProject(bench);
  await bench.db.execute(`UPDATE projects SET action_request = '{"action": "start"}' WHERE project_id = $1`, [
    projectId,
  ]);
  return untilRunning(bench, podName(projectId));
}

async function startedBare(bench: Bench): Promise<Resized> {
  const pod = await bench.kube.create(pods, bench.barePod());
  return untilRunning(bench, pod.metadata.name);
}

async function untilRunning({ watched }: Bench, name: string): Promise<Resized> {
  await watched.when(() => isReady(watched.get(name)));
  const pod = watched.get(name);
  if (pod === undefined) throw new Error(`${name} is gone`);
  return { pod, file: join(await groupOf(pod), "cpu.cfs_quota_us") };
}

/** The control group of the pod itself: its limit changes with its only container's. */
async function groupOf({ metadata }: Pod): Promise<string> {
  const folders = await readdir("/sys/fs/cgroup/cpu", { recursive: true, withFileTypes: true });
  const found = folders.find(({ name }) => name === `pod${metadata.uid}`);
  if (found === undefined) throw new Error(`${metadata.name} has no control group here`);
  return join(found.parentPath, found.name);
}

async function bySettings({ db }: Bench, { pod, file }: Resized, cores: number): Promise<number> {
  const projectId = projectIdOf(pod.metadata.name);
  await db.execute("UPDATE projects SET settings = jsonb_build_object('cores', $2::float) WHERE project_id = $1", [
    projectId,
    cores,
  ]);
  const took = await untilLimit(file, cores);
  const settled =
    "SELECT FROM projects WHERE project_id = $1 AND (run_quota ->> 'cpu_limit')::float = $2 AND pending_quota IS NULL";
  await until(async () => (await db.query(settled, [projectId, cores])).length > 0, { timeoutMs: 30_000 });
  return took;
}

async function byKubectl({ place, watched }: Bench, { pod, file }: Resized, cores: number): Promise<number> {
  const { name } = pod.metadata;
  const [container] = pod.spec.containers;
  const patch = {
    spec: { containers: [{ name: container?.name, resources: { limits: { cpu: `${cores * 1_000}m` } } }] },
  };
  const program = join(cacheFolder(), KUBERNETES_FOLDER, "kubectl");
  const args = [
    "--kubeconfig",
    place.kubeconfig,
    "-n",
    place.namespace,
    "patch",
    "pod",
    name,
    "--subresource",
    "resize",
  ];
  const done = promisify(execFile)(program, [...args, "--type=strategic", "-p", JSON.stringify(patch)]);
  const took = await untilLimit(file, cores);
  await done;
  const isQuiet = () =>
    watched.get(name)?.status?.conditions?.every(({ type }) => !type.startsWith("PodResize")) === true;
  await watched.when(isQuiet);
  return took;
}

/** Milliseconds from the call on until the kernel has it. */
async function untilLimit(file: string, cores: number): Promise<number> {
  const began = performance.now();
  const wanted = String(cores * 100_000);
  while ((await readFile(file, "utf8")).trim() !== wanted) {
    if (performance.now() - began > 60_000) throw new Error(`the limit did not become ${cores} cores`);
    await delay(2);
  }
  return performance.now() - began;
}
