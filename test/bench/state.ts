/** From what the API server tells of a pod to the project's row and to the browser: watch event, manage-state, NOTIFY, hub-websocket. */

import { io, type Socket } from "socket.io-client";
import type { Life } from "../../src/core/life.ts";
import { podName } from "../../src/domain/project-pods/identity.ts";
import { nodes, pods } from "../../src/kube/resources.ts";
import type { HubEvents, HubRequests } from "../../src/protocol/hub-socket.ts";
import type { ProjectSummary } from "../../src/protocol/project.ts";
import { openWire, type Wire } from "../contract/wire.ts";
import { measureInCluster, type Place } from "./cluster.ts";
import { type Bench, createProject, isReady, openBench, startRole } from "./place.ts";
import { type Benchmark, type Figure, ms, quantile } from "./report.ts";
import { createPerson } from "./world.ts";

const WARM_UP = 20;
const CHANGES = 200;
const AIM_MS = 20;
/** A node that has no kubelet: what is told of its pods is told by us. */
const NODE = "told-by-hand";

export function benchmark(life: Life): Benchmark {
  return { name: "state", run: () => measureInCluster(life, import.meta.url, { pods: "none" }) };
}

/** Runs inside the cluster. */
export async function measure(life: Life, place: Place): Promise<Figure[]> {
  const bench = await openBench(life, place);
  const wire = await openWire(life, place.kubeconfig);
  const { accountId, cookie } = await createPerson(bench.db, "Ada");
  await bench.kube.create(nodes, { apiVersion: "v1", kind: "Node", metadata: { name: NODE } });
  await startRole(life, bench, { name: "manage-state" });
  const socket = await openHub(life, { port: await startRole(life, bench, { name: "hub-websocket" }), cookie });
  const changes: Change[] = [];
  for (let count = 0; count < WARM_UP + CHANGES; count += 1) {
    const projectId = await createProject(bench, accountId);
    const starting = heard(socket, projectId, "starting");
    const pod = bench.barePod(projectId);
    await bench.kube.create(pods, { ...pod, spec: { ...pod.spec, nodeName: NODE } });
    await starting;
    changes.push(await becomesReady(bench, { wire, socket, projectId }));
  }
  return figures(changes.slice(WARM_UP));
}

/** Milliseconds from the watch event to the row's own time and to the event in the browser's socket, and all from the PATCH on. */
interface Change {
  row: number;
  browser: number;
  fromPatch: number;
}

/** The hub's socket as a browser opens it. */
export async function openHub(
  life: Life,
  { port, cookie }: { port: number; cookie: string },
): Promise<Socket<HubEvents, HubRequests>> {
  const origin = `http://127.0.0.1:${port}`;
  const socket: Socket<HubEvents, HubRequests> = io(origin, {
    path: "/hub",
    transports: ["websocket"],
    forceNew: true,
    extraHeaders: { cookie, origin },
  });
  life.defer("hub socket", () => void socket.disconnect());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("account", () => resolve()); // the first thing a hub says to whom it has let in
  socket.once("connect_error", reject);
  await promise;
  return socket;
}

/** Resolves with the moment at which the hub told of this state, and what it told. */
export async function heard(
  socket: Socket<HubEvents, HubRequests>,
  projectId: string,
  state: string,
): Promise<{ at: number; project: ProjectSummary }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ at: number; project: ProjectSummary }>();
  const timer = setTimeout(() => reject(new Error(`the hub did not tell that ${projectId} is ${state}`)), 30_000);
  const listener = (project: ProjectSummary) => {
    if (project.project_id === projectId && project.state?.state === state) resolve({ at: performance.now(), project });
  };
  socket.on("project", listener);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.off("project", listener);
  });
}

interface Subject {
  wire: Wire;
  socket: Socket<HubEvents, HubRequests>;
  projectId: string;
}

/** Says of a pod what a kubelet would when it is ready. */
async function becomesReady(bench: Bench, { wire, socket, projectId }: Subject): Promise<Change> {
  const name = podName(projectId);
  const running = heard(socket, projectId, "running");
  const watched = bench.watched.when(() => isReady(bench.watched.get(name)));
  const patchedAt = performance.now();
  const answer = await wire.send("PATCH", `/api/v1/namespaces/${bench.place.namespace}/pods/${name}/status`, {
    body: { status: readyStatus() },
    contentType: "application/merge-patch+json",
  });
  if (answer.status !== 200) throw new Error(answer.text);
  const [{ at, project }, event] = await Promise.all([running, watched]);
  const rowAt = Date.parse(project.state?.time ?? "") - performance.timeOrigin;
  return { row: rowAt - event, browser: at - event, fromPatch: at - patchedAt };
}

function readyStatus(): object {
  const time = new Date().toISOString();
  const conditions = ["PodScheduled", "Ready"].map((type) => ({ type, status: "True", lastTransitionTime: time }));
  const containerStatuses = [
    {
      name: "project",
      image: "none",
      imageID: "",
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: time } },
    },
  ];
  return { phase: "Running", podIP: "192.0.2.77", conditions, containerStatuses };
}

function figures(changes: Change[]): Figure[] {
  const of = (part: keyof Change, share: number) =>
    quantile(
      changes.map((change) => change[part]),
      share,
    );
  const both = (part: keyof Change) => `p50 ${ms(of(part, 0.5))}, p95 ${ms(of(part, 0.95))}`;
  return [
    {
      what: "watch event → row → browser",
      measured: both("browser"),
      against: `from the PATCH on: ${both("fromPatch")}`,
      aim: `p95 ≤ ${AIM_MS} ms`,
      met: of("browser", 0.95) <= AIM_MS,
      how: `${CHANGES} pods patched Ready one after the other on a real API server; from a watch of our own to the event at a hub socket; manage-state and hub-websocket are processes of their own; the row is written at ${both("row")}`,
    },
  ];
}
