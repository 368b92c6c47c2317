/**
 * From the click on Start to a shell's prompt in a real pod, against the time in which the same pod becomes Ready with a server that listens
 * at once; the floor beside it is the same pod with nothing to wait for.
 */

import { io, type Socket } from "socket.io-client";
import type { Life } from "../../src/core/life.ts";
import { podName } from "../../src/domain/project-pods/identity.ts";
import { pods } from "../../src/kube/resources.ts";
import type { Pod } from "../../src/kube/types.ts";
import type { HubEvents, HubRequests } from "../../src/protocol/hub-socket.ts";
import type { ProjectEvents } from "../../src/protocol/project-socket.ts";
import { measureInCluster, type Place } from "./cluster.ts";
import { type Bench, createProject, isReady, openBench, startRole } from "./place.ts";
import { type Benchmark, type Figure, median, ms } from "./report.ts";
import { heard, openHub } from "./state.ts";
import { createPerson } from "./world.ts";

const ROUNDS = 10;
/** Of ten, one may meet a node that is busy with something else. */
const MUST_MEET = 9;
const AIM_MORE_MS = 300;

export function benchmark(life: Life): Benchmark {
  return { name: "prompt", run: () => measureInCluster(life, import.meta.url, { pods: "real" }) };
}

/** Runs inside the cluster. */
export async function measure(life: Life, place: Place): Promise<Figure[]> {
  const bench = await openBench(life, place);
  const { accountId, cookie } = await createPerson(bench.db, "Ada");
  await Promise.all([
    startRole(life, bench, { name: "manage-action" }),
    startRole(life, bench, { name: "manage-state" }),
  ]);
  const proxy = await startRole(life, bench, { name: "hub-proxy" });
  const hub = await openHub(life, { port: await startRole(life, bench, { name: "hub-websocket" }), cookie });
  const clicks: Click[] = [];
  const bare: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < ROUNDS + 1; round += 1) {
    const projectId = await createProject(bench, accountId);
    const click = await clickToPrompt(life, { hub, proxy, cookie, projectId });
    await gone(bench, projectId);
    const [ready, started] = [await postToReady(bench, listening), await postToReady(bench, sleeping)];
    if (round === 0) continue; // warms the node's caches
    clicks.push(click);
    bare.push(ready);
    floor.push(started);
  }
  return [figure(clicks, { bare, floor })];
}

interface Click {
  running: number;
  prompt: number;
}

interface Visit {
  hub: Socket<HubEvents, HubRequests>;
  proxy: number;
  cookie: string;
  projectId: string;
}

/** Milliseconds from the click until the page knows that the project runs, and until it shows a prompt. */
async function clickToPrompt(life: Life, visit: Visit): Promise<Click> {
  const { hub, projectId } = visit;
  const running = heard(hub, projectId, "running");
  const began = performance.now();
  const asked = await hub.timeout(20_000).emitWithAck("project_action", { project_id: projectId, action: "start" });
  if (!asked.ok) throw new Error(asked.error);
  const { at } = await running;
  await firstPrompt(life, visit);
  return { running: at - began, prompt: performance.now() - began };
}

/** Opens a terminal through hub-proxy and resolves when a prompt is there. */
async function firstPrompt(life: Life, { proxy, cookie, projectId }: Visit): Promise<void> {
  const origin = `http://127.0.0.1:${proxy}`;
  const socket: Socket<ProjectEvents> = io(origin, {
    path: `/${projectId}/api/socket`,
    transports: ["websocket"],
    forceNew: true,
    extraHeaders: { cookie, origin },
  });
  const visit = life.child("visit");
  visit.defer("project socket", () => void socket.disconnect());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("connect_error", reject);
  const look = (text: string) => /[$#%>] /.test(text) && resolve();
  socket.on("terminal_output", ({ text }) => look(text));
  const untyped: Socket = socket;
  const opened = await untyped.timeout(20_000).emitWithAck("terminal_open", { name: "first", cols: 80, rows: 24 });
  if (!opened.ok) throw new Error(opened.error);
  look((opened.screen ?? "") + opened.text); // the shell may have been quicker than the answer
  const timer = setTimeout(() => reject(new Error("the terminal showed no prompt in 20 s")), 20_000);
  await promise.finally(() => clearTimeout(timer));
  await visit.stop();
}

type Container = Pod["spec"]["containers"][number];

/** A server in the place of ours that listens as soon as Node runs. */
function listening(container: Container): Container {
  const server = 'require("node:http").createServer((request, response) => response.end()).listen(6001)';
  return { ...container, command: ["node", "-e", server], args: [] };
}

/** Nothing that has to be waited for: Ready is when it was started. */
function sleeping({ readinessProbe: _, livenessProbe: __, ...container }: Container): Container {
  return { ...container, command: ["sleep", "600"], args: [] };
}

async function postToReady(bench: Bench, as: (container: Container) => Container): Promise<number> {
  const product = bench.barePod();
  const pod = { ...product, spec: { ...product.spec, containers: product.spec.containers.map(as) } };
  const ready = bench.watched.when(() => isReady(bench.watched.get(pod.metadata.name)));
  const began = performance.now();
  await bench.kube.create(pods, pod);
  const took = (await ready) - began;
  await deletePod(bench, pod.metadata.name);
  return took;
}

/** Ends a project's pod, so that the next round finds the node as this one did. */
function gone(bench: Bench, projectId: string): Promise<void> {
  return deletePod(bench, podName(projectId));
}

async function deletePod({ kube, watched }: Bench, name: string): Promise<void> {
  const left = watched.when(() => watched.get(name) === undefined);
  await kube.delete(pods, name, { gracePeriodSeconds: 1 });
  await left;
}

function figure(clicks: Click[], { bare, floor }: { bare: number[]; floor: number[] }): Figure {
  const [prompt, running, ready] = [
    median(clicks.map((click) => click.prompt)),
    median(clicks.map((click) => click.running)),
    median(bare),
  ];
  // Each against the bare pod of its own round: a node that is slow for a while is so for both.
  const more = clicks.map((click, round) => click.prompt - (bare[round] ?? 0));
  const within = more.filter((each) => each <= AIM_MORE_MS).length;
  return {
    what: "click → prompt in a real pod",
    measured: `${ms(prompt)} (the page knows after ${ms(running)})`,
    against: `the same pod, listening at once, POST → Ready ${ms(ready)}; with nothing to wait for ${ms(median(floor))}`,
    ratio: prompt / ready,
    aim: `≤ ${AIM_MORE_MS} ms more in ${MUST_MEET} of ${ROUNDS} rounds`,
    met: within >= MUST_MEET,
    how: `${ROUNDS} rounds by turns, medians: ${ms(prompt - ready)} more, ${within} rounds within the aim (${more.map(Math.round).join(", ")}); hub socket, manage-action, kubelet, manage-state, hub-proxy, project server, bash; image on the node`,
  };
}
