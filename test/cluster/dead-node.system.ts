/** Machines that die on a real cluster: it is said in words, nothing is started beside what may still run, and once it is certain all goes on. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect } from "@jest/globals";
import { until } from "../helpers/until.ts";
import type { Cluster } from "./cluster.ts";
import type { NodeLayout } from "./layout.ts";
import { type Person, runScript, startProject } from "./person.ts";
import {
  inState,
  latestStart,
  openTestWorld,
  podOf,
  projectRow,
  startEnded,
  testOnOwnCluster,
  throughout,
  withOnlyNode,
} from "./world.ts";

const OUT_OF_SERVICE = "node.kubernetes.io/out-of-service";
/** Kubernetes calls a node NotReady that has been silent for 50 s, and takes a while to write it down. */
const NOTICED = { timeoutMs: 120_000, everyMs: 250 };
/** More than two looks of manage-action at a pod that does not end. */
const TWO_LOOKS_MS = 12_000;

const { world, ada } = await openTestWorld();
const cluster = world.cluster as Cluster; // without one all of this is skipped
const [, marked, removed] = (await world.cluster?.nodes()) ?? [];

/** On the node that will be marked out of service, and on the one whose object will be deleted. */
let onMarked: { left: string; started: string; forced: string };
let onRemoved: string;

beforeAll(async () => {
  if (marked === undefined || removed === undefined) return;
  const [left = "", started = "", forced = ""] = await startOn(ada, marked, 3);
  [onRemoved = ""] = await startOn(ada, removed, 1);
  onMarked = { left, started, forced };
  for (const projectId of [left, started, forced, onRemoved]) await runScript(ada, projectId, KEEP_COUNTING);
  await Promise.all([cluster.silenceNode(marked), cluster.silenceNode(removed)]);
}, 180_000);

/** A file that stays, and a process that shows by another one that it lives. */
const KEEP_COUNTING = [
  "echo kept > notes.txt",
  "setsid bash -c 'for ((i = 0; ; i += 1)); do echo $i > .count; mv .count count.txt; sleep 0.2; done' > /dev/null 2>&1 < /dev/null &",
].join("\n");

testOnOwnCluster("a project whose machine is silent says so, while it runs on there", async () => {
  const { left } = onMarked;
  const told = await until(async () => (await projectRow(world, left)).state?.error, NOTICED);
  expect(told).toMatch(/machine .* does not answer/);
  expect((await projectRow(world, left)).state?.state).toBe("starting");
  const count = await counted(left);
  await until(async () => (await counted(left)) > count, { timeoutMs: 10_000, everyMs: 100 });
});

testOnOwnCluster("a stop and a start of it wait, in words, and nothing is forced", async () => {
  const { started } = onMarked;
  await until(async () => (await projectRow(world, started)).state?.error, NOTICED);
  const before = await podOf(world, started);
  await ada.call("projects/stop", { project_id: started });
  const stopping = await inState(world, started, "stopping");
  expect(stopping.error).toMatch(/not certain that the project has ended/);
  expect((await projectRow(world, started)).action_request).not.toHaveProperty("finished");
  await ada.call("projects/start", { project_id: started });
  const waiting = await until(async () => {
    const start = await latestStart(world, started);
    return start?.outcome === null && start.reason === "node_dead" && start;
  });
  expect(waiting.message).toMatch(/as soon as the machine is back or has been taken out of service/);
  expect(waiting.kubernetes_reason).toContain(marked?.name);
  const count = await counted(started);
  await throughout(TWO_LOOKS_MS, async () => {
    expect((await podOf(world, started))?.metadata.uid).toBe(before?.metadata.uid);
  });
  expect(await counted(started)).toBeGreaterThan(count);
});

testOnOwnCluster("an administrator who knows that the machine is off forces one project away, on record", async () => {
  const { forced } = onMarked;
  await cluster.powerOffNode(marked as NodeLayout); // on our own cluster there is one
  await until(async () => (await projectRow(world, forced)).state?.error, NOTICED);
  await ada.call("projects/stop", { project_id: forced });
  await inState(world, forced, "stopping");
  await world.kubectl([
    ...["exec", "-n", world.target.site.namespace, "deployment/manage-action", "--"],
    ...["node", "/opt/cocalc-k8s/server/main.js", "admin", "force-stop", forced],
  ]);
  await inState(world, forced, "opened");
  expect(await podOf(world, forced)).toBeUndefined();
  const recorded = "SELECT value FROM central_log WHERE event = 'project-force-stopped'";
  expect(await world.db.query(recorded)).toEqual([{ value: { project_id: forced } }]);
  await startsElsewhere(forced);
});

testOnOwnCluster(
  "marked as out of service: the start that waited goes on, on another node, with its files",
  async () => {
    const { left, started } = onMarked;
    await world.kubectl(["taint", "node", marked?.name ?? "", `${OUT_OF_SERVICE}=nodeshutdown:NoExecute`]);
    expect(await startEnded(world, started)).toMatchObject({ outcome: "running" });
    await runsElsewhere(started);
    await inState(world, left, "opened");
    await startsElsewhere(left);
  },
);

testOnOwnCluster("taken out of the cluster: a stop of its project ends, and it starts on another node", async () => {
  await cluster.powerOffNode(removed as NodeLayout); // on our own cluster there is one
  await ada.call("projects/stop", { project_id: onRemoved });
  expect((await inState(world, onRemoved, "stopping")).error).toMatch(/not certain/);
  await world.kubectl(["delete", "node", removed?.name ?? "", "--wait=false"]);
  await inState(world, onRemoved, "opened");
  await startsElsewhere(onRemoved);
});

testOnOwnCluster("the machines come back, and projects start on them again", async () => {
  const nodes = [marked, removed] as NodeLayout[]; // on our own cluster there are both
  await Promise.all(nodes.map((node) => cluster.resumeNode(node)));
  await world.kubectl(["taint", "node", marked?.name ?? "", `${OUT_OF_SERVICE}-`]);
  for (const node of nodes) {
    const [projectId = ""] = await startOn(ada, node, 1);
    expect((await podOf(world, projectId))?.spec.nodeName).toBe(node.name);
  }
  const { left, started, forced } = onMarked;
  for (const projectId of [left, started, forced, onRemoved]) await runsElsewhere(projectId);
});

/** Starts so many projects on this node and waits until they run. */
async function startOn(person: Person, node: NodeLayout, count: number): Promise<string[]> {
  return withOnlyNode(world, node, async () => {
    const projectIds: string[] = [];
    for (let i = 0; i < count; i += 1) projectIds.push(await startProject(person));
    await Promise.all(projectIds.map((projectId) => inState(world, projectId, "running")));
    return projectIds;
  });
}

async function startsElsewhere(projectId: string): Promise<void> {
  await ada.call("projects/start", { project_id: projectId });
  await inState(world, projectId, "running");
  await runsElsewhere(projectId);
}

/** It runs on a node that never died, with its file, and nobody else writes beside it. */
async function runsElsewhere(projectId: string): Promise<void> {
  await inState(world, projectId, "running");
  expect((await podOf(world, projectId))?.spec.nodeName).toBe("node-1");
  expect(await runScript(ada, projectId, "cat notes.txt")).toBe("kept\n");
  const count = await counted(projectId);
  await runScript(ada, projectId, "sleep 0.5");
  expect(await counted(projectId)).toBe(count);
}

/** How far the process of a project has counted, seen from beside the cluster. */
async function counted(projectId: string): Promise<number> {
  const home = join(cluster.layout.folder, "volumes/projects-data/projects", projectId);
  return Number(await readFile(join(home, "count.txt"), "utf8"));
}
