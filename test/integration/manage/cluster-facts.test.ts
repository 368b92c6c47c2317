/** What the manage roles tell of the cluster in the database: its nodes, and how many starts may be in flight at a time. */

import { expect, test } from "@jest/globals";
import { clusterView } from "../../../src/domain/cluster-facts/cluster-facts.ts";
import { nodes } from "../../../src/kube/resources.ts";
import { openFaultyKube, type SeenRequest } from "../../helpers/faulty-kube.ts";
import { kubeconfigAt } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { World } from "./world.ts";

const newLife = testLives();

/** A cluster with one node where pods run and never become ready, and others that we speak for; `failing`: how lists are answered, by their paths. */
async function openNodes(env: Record<string, string> = {}, failing: Record<string, number> = {}) {
  const life = newLife();
  const container = {
    resources: { requests: { cpu: "10m" } },
    readinessProbe: { exec: { command: ["false"] }, periodSeconds: 1 },
  };
  const world = await World.open(life, { script: "exec sleep 600", container });
  const api = await openFaultyKube(life, world.env.KUBECONFIG ?? "");
  for (const [path, status] of Object.entries(failing)) {
    api.fail({ matches: ({ url }: SeenRequest) => url.pathname === path, status });
  }
  const { admin } = await world.startRoles(life.child("manage"), ["manage-action", "manage-state"], {
    KUBECONFIG: await kubeconfigAt(life, world.env.KUBECONFIG ?? "", api.url),
    COCALC_STARTS_PER_NODE: "2",
    ...env,
  });
  const view = (isSo: (view: Awaited<ReturnType<typeof clusterView>>) => boolean, what: string) =>
    until(async () => [await clusterView(world.db)].find(isSo), { what, timeoutMs: 30_000 });
  return { world, view, api, admin };
}

async function setNode(
  world: World,
  name: string,
  {
    ready = "True",
    labels,
    ...spec
  }: {
    ready?: string;
    unschedulable?: boolean;
    taints?: { key: string; value: string; effect: string }[];
    labels?: Record<string, string>;
  },
) {
  const metadata = { name, ...(labels && { labels }) };
  await world.kube.apply(nodes, { apiVersion: "v1", kind: "Node", metadata, spec });
  const status = {
    conditions: [{ type: "Ready", status: ready }],
    allocatable: { cpu: "4", memory: "8Gi", pods: "10" },
  };
  const answer = await world.wire.send("PATCH", `/api/v1/nodes/${name}/status`, {
    body: { status },
    contentType: "application/merge-patch+json",
  });
  if (answer.status !== 200) throw new Error(answer.text);
}

test("as many starts are in flight as the ready nodes take, and a node that comes lets the next ones go", async () => {
  const { world, view } = await openNodes();
  await view(({ queue }) => queue?.limit === 2 && queue.nodes === 1, "one node counts");
  const projects = await Promise.all(Array.from({ length: 5 }, () => world.createProject()));
  for (const projectId of projects) await world.ask(projectId, "start");
  await view(({ queue }) => queue?.held === 2 && queue.waiting === 3, "two are in flight and three wait");
  expect(await world.allPods()).toHaveLength(2);
  const places = await Promise.all(projects.map(async (projectId) => (await world.start(projectId))?.position ?? 0));
  expect(places.toSorted()).toEqual([0, 0, 1, 2, 3]);
  await setNode(world, "other", {});
  await view(({ queue }) => queue?.limit === 4 && queue.held === 4, "the second node counts too");
  await setNode(world, "other", { ready: "False" });
  await view(({ queue }) => queue?.limit === 2 && queue.held === 4, "nobody loses a turn");
  const inFlight = projects.filter((_, index) => places[index] === 0);
  for (const projectId of inFlight) await world.ask(projectId, "stop");
  await view(({ queue }) => queue?.held === 2 && queue.waiting === 1, "what is beyond the limit is not given anew");
});

test("nodes that a label of Kubernetes' own selects count, and those of a pool", async () => {
  const { world, view } = await openNodes({ COCALC_PROJECT_NODES_LABEL: "topology.kubernetes.io/zone=near" });
  await view(
    ({ queue }) => queue?.limit === 500 && queue.nodes === 0,
    "no node takes projects, so nobody is kept back",
  );
  await setNode(world, "chosen", { labels: { "topology.kubernetes.io/zone": "near" } });
  await view(({ queue }) => queue?.limit === 2 && queue.nodes === 1, "the chosen node counts");
  const taints = [{ key: "cocalc-pool", value: "large", effect: "NoSchedule" }];
  await setNode(world, "pool", { labels: { "cocalc-pool": "large" }, taints });
  await view(({ queue }) => queue?.limit === 4 && queue.nodes === 2, "the node of a pool counts too");
});

test("nodes are told with what is asked of them, and what speaks against them", async () => {
  const { world, view } = await openNodes({ COCALC_COUNT_ALL_PODS: "yes" });
  await setNode(world, "other", { unschedulable: true });
  await world.ask(await world.createProject(), "start");
  const { nodes: told } = await view(
    (one) => one.nodes?.nodes[0]?.requested.pods === 1 && one.nodes.nodes[1]?.schedulable === false,
    "the pod and the cordon are told",
  );
  expect(told).toMatchObject({ all_pods: "counted", left_out: 0 });
  expect(told?.nodes).toMatchObject([
    { name: "local", ready: true, requested: { pods: 1 } },
    {
      name: "other",
      allocatable: { cpu: 4, memory: 8 * 2 ** 30, pods: 10 },
      requested_by_all: { cpu: 0, memory: 0, pods: 0 },
    },
  ]);
});

test("an installation that does not grant the sight of nodes is told so, and does all else", async () => {
  const { world, view, api, admin } = await openNodes({}, { "/api/v1/nodes": 403 });
  await view(({ nodes: told, queue }) => told?.refused === true && queue?.nodes === null, "it is told");
  expect(await (await fetch(`${admin.origin}/readyz`)).text()).toMatch(/^ready\nKubernetes: (?!.*nodes)/);
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  await world.untilState(projectId, "starting");
  api.heal();
  await view(({ nodes: told, queue }) => told?.refused === false && queue?.limit === 2, "once granted, it counts");
  expect(await (await fetch(`${admin.origin}/readyz`)).text()).toMatch(/nodes was confirmed/);
});

test("where the pods of all namespaces may not be listed, nodes are told without them", async () => {
  const { view } = await openNodes({ COCALC_COUNT_ALL_PODS: "yes" }, { "/api/v1/pods": 403 });
  const { nodes: told } = await view((one) => one.nodes?.all_pods === "refused", "it is told");
  expect(told?.nodes).toMatchObject([{ name: "local", requested_by_all: null }]);
});

test("where nobody asks for the pods of all namespaces, none is listed, and that is told", async () => {
  const { view, api } = await openNodes();
  await view((one) => one.nodes?.all_pods === "not asked", "it is told");
  expect(api.count(({ url }) => url.pathname === "/api/v1/pods")).toBe(0);
});

test("a list of the pods of all namespaces that fails for another reason counted as refused", async () => {
  const { view } = await openNodes({ COCALC_COUNT_ALL_PODS: "yes" }, { "/api/v1/pods": 400 });
  await view((one) => one.nodes?.all_pods === "not yet" && one.nodes.nodes.length > 0, "it is told");
});
