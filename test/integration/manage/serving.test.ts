/** Requests served to their end on the embedded cluster, with its kubelet: starts, stops, failures and what people are told. */

import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { podName } from "../../../src/domain/project-pods/identity.ts";
import { forceStop } from "../../../src/domain/projects/force-stop.ts";
import { pods } from "../../../src/kube/resources.ts";
import { openFaultyKube } from "../../helpers/faulty-kube.ts";
import { kubeconfigAt } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { until } from "../../helpers/until.ts";
import { readyStatus, World, type WorldOptions } from "./world.ts";

const newLife = testLives();
const FOREVER = "exec sleep 600";
const MANAGE = ["manage-action", "manage-state", "manage-idle"] as const;

async function openServed(options: WorldOptions = { script: FOREVER }, env: Record<string, string> = {}) {
  const life = newLife();
  const world = await World.open(life, options);
  const { metrics } = await world.startRoles(life.child("manage"), [...MANAGE], env);
  return { world, metrics };
}

test("a request becomes a pod, the pod a state, and a stop takes both away", async () => {
  const { world, metrics } = await openServed();
  const owner = randomUUID();
  const projectId = await world.createProject(owner);
  const { time } = await world.ask(projectId, "start");
  const request = await world.untilFinished(projectId);
  expect(request).toMatchObject({ action: "start", time, started: expect.any(String) });
  expect(request.err).toBeUndefined();
  const state = await world.untilState(projectId, "running");
  const pod = await world.untilPod(projectId);
  expect(state.ip).toBe(pod.status?.podIP);
  expect(pod.metadata.labels).toMatchObject({ run: "project", project_id: projectId, project_tag: "1" });
  const env = Object.fromEntries((pod.spec.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
  expect(JSON.parse(env.COCALC_HUB_PUBLIC_KEYS ?? "")).toMatchObject({ keys: [{ kty: "OKP", crv: "Ed25519" }] });
  expect(env.COCALC_HUB_PUBLIC_KEYS).not.toContain('"d"');
  const row = await world.row(projectId);
  expect(row.run_quota).toMatchObject({ memory_limit: 1000, cpu_limit: 1 });
  expect(pod.spec.containers[0]?.resources?.limits).toEqual({ cpu: "1000m", memory: "1000Mi" });
  expect(Math.abs(Date.now() - (row.last_started?.getTime() ?? 0))).toBeLessThan(60_000);
  const start = await until(async () => {
    const latest = await world.start(projectId);
    return latest?.phases.ready !== undefined && latest.outcome === "running" && latest;
  });
  expect(Object.keys(start.phases)).toEqual([
    "requested",
    "picked_up",
    "applied",
    "scheduled",
    "pulled",
    "started",
    "ready",
  ]);
  expect(await metrics.metrics()).toMatch(/cocalc_project_start_seconds_count 1/);

  await world.ask(projectId, "stop");
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
  expect(await world.pod(projectId)).toBeUndefined();
  await world.untilState(projectId, "opened");
});

test("a second start of a running project finishes and changes nothing", async () => {
  const { world } = await openServed();
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  await world.untilFinished(projectId);
  const before = await world.pod(projectId);
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
  expect((await world.pod(projectId))?.metadata.uid).toBe(before?.metadata.uid);
});

test("a restart ends the old pod and makes a new one", async () => {
  const { world } = await openServed();
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  await world.untilFinished(projectId);
  const before = await world.pod(projectId);
  await world.ask(projectId, "restart");
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
  const after = await world.pod(projectId);
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  await world.untilState(projectId, "running");
});

test("requests written by hand are served: without a time, unknown ones, a test, and nonsense harms nobody", async () => {
  const { world } = await openServed();
  const write = async (request: unknown) => {
    const projectId = await world.createProject();
    await world.db.execute("UPDATE projects SET action_request = $2 WHERE project_id = $1", [
      projectId,
      JSON.stringify(request),
    ]);
    return projectId;
  };
  await write("nonsense");
  await write([1, 2]);
  const started = await write({ action: "start" });
  const unknown = await write({ action: "explode", time: "whenever" });
  const tested = await write({ action: "test", time: 5 });
  expect((await world.untilFinished(started)).err).toBeUndefined();
  await world.untilState(started, "running");
  expect((await world.untilFinished(unknown)).err).toMatch(/no action "explode"/);
  expect(await world.untilFinished(tested)).toMatchObject({ action: "test", time: 5 });
});

test.each([[12_345], [""], ["yesterday"], ["9999-12-31T23:59:59Z"]])(
  "a start whose time is no moment of about now (%j) is served like any other",
  async (time) => {
    const { world } = await openServed();
    const projectId = await world.createProject();
    await world.db.execute("UPDATE projects SET action_request = $2 WHERE project_id = $1", [
      projectId,
      JSON.stringify({ action: "start", time }),
    ]);
    expect((await world.untilFinished(projectId)).err).toBeUndefined();
    await world.untilState(projectId, "running");
    const start = await world.start(projectId);
    expect(Math.abs(Date.now() - Date.parse(String(start?.phases.requested)))).toBeLessThan(60_000);
  },
);

test("a deleted project does not start, and one that is deleted while it runs stops", async () => {
  const { world } = await openServed();
  const running = await world.createProject();
  await world.ask(running, "start");
  await world.untilFinished(running);
  const deleted = await world.createProject();
  const request = JSON.stringify({ action: "start", time: new Date().toISOString() });
  await world.db.execute("UPDATE projects SET deleted = true, action_request = $2 WHERE project_id = $1", [
    deleted,
    request,
  ]);
  expect((await world.untilFinished(deleted)).err).toMatch(/deleted/);
  expect(await world.pod(deleted)).toBeUndefined();
  await world.db.execute("UPDATE projects SET deleted = true WHERE project_id = $1", [running]);
  await until(async () => (await world.pod(running)) === undefined, { what: "the deleted project's pod is gone" });
});

test("with an invalid template a start fails with the reason, running projects stay, and an edit mends it", async () => {
  const { world, metrics } = await openServed();
  const running = await world.createProject();
  await world.ask(running, "start");
  await world.untilFinished(running);
  await world.putConfigMap("project-pod", { "project.json": '{"kind": "Pod", "spec": {"containers": []}}' });
  await until(async () => /cocalc_project_config_valid\{config_map="project-pod"\} 0/.test(await metrics.metrics()));
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toMatch(/configuration for projects is not valid/);
  expect(await world.start(projectId)).toMatchObject({
    outcome: "failed",
    reason: "template_invalid",
    kubernetes_reason: expect.stringMatching(/containers/),
  });
  expect((await world.row(running)).state?.state).toBe("running");
  await world.putTemplate();
  await until(async () => /cocalc_project_config_valid\{config_map="project-pod"\} 1/.test(await metrics.metrics()));
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toBeUndefined();
});

test("a pod of somebody else under the name is left alone, and said so", async () => {
  const { world } = await openServed();
  const projectId = await world.createProject();
  const foreign = await world.kube.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: podName(projectId), labels: { run: "project", project_id: projectId } },
    spec: { containers: [{ name: "x", image: "localhost/shell:1" }] },
  });
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toMatch(/does not belong/);
  await world.ask(projectId, "stop");
  await world.untilFinished(projectId);
  expect((await world.pod(projectId))?.metadata.uid).toBe(foreign.metadata.uid);
  expect((await world.row(projectId)).state).toBeNull();
});

test("a container that crashes fails the start, with the last lines of its log", async () => {
  const { world } = await openServed({
    script: "echo cannot open the vault; exit 3",
    container: { readinessProbe: { exec: { command: ["false"] }, periodSeconds: 1 } },
  });
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  const { err } = await world.untilFinished(projectId);
  expect(err).toMatch(/exit code 3/);
  expect(err).toMatch(/cannot open the vault/);
  expect(await world.start(projectId)).toMatchObject({ outcome: "failed", reason: "crashed" });
  await until(async () => (await world.pod(projectId)) === undefined, { what: "the failed pod is gone" });
  await world.untilState(projectId, "opened");
});

test("an image that does not exist fails the start after its deadline", async () => {
  const { world } = await openServed(
    { script: FOREVER, container: { image: "localhost/nowhere:1" } },
    { COCALC_START_IMAGE_FAILURE_SECONDS: "1" },
  );
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  expect((await world.untilFinished(projectId)).err).toMatch(/image .* cannot be fetched/);
  expect(await world.start(projectId)).toMatchObject({ outcome: "failed", reason: "image_pull_failed" });
});

test("what finds no room waits with the reason, holds no place, and is given up in the end", async () => {
  const { world } = await openServed(
    { script: FOREVER, memoryBytes: 350 * 2 ** 20 },
    { COCALC_STARTS_IN_FLIGHT: "1", COCALC_TIMEOUT_PENDING_PROJECTS_MIN: "0.05", COCALC_IDLE_CHECK_SECONDS: "1" },
  );
  const [first, second, third] = [
    await world.createProject(),
    await world.createProject(),
    await world.createProject(),
  ];
  await world.ask(first, "start");
  await world.untilState(first, "running");
  await world.ask(second, "start");
  await until(async () => (await world.start(second))?.reason === "no_room");
  expect(await world.start(second)).toMatchObject({
    message: expect.stringMatching(/memory/),
    kubernetes_reason: expect.stringMatching(/Insufficient memory/),
    position: null,
  });
  await world.untilState(second, "pending");
  await world.ask(third, "start");
  await world.untilPod(third);
  expect((await world.untilFinished(second)).err).toMatch(/waited too long/);
  expect(await world.start(second)).toMatchObject({ outcome: "failed", reason: "no_room" });
  await world.untilState(second, "opened");
  expect((await world.row(first)).state?.state).toBe("running");
});

test("a pod that is deleted behind our back is noticed", async () => {
  const { world } = await openServed();
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  await world.untilFinished(projectId);
  await world.untilState(projectId, "running");
  await world.kube.delete(pods, podName(projectId), { gracePeriodSeconds: 0 });
  await until(async () => (await world.row(projectId)).state?.state === "opened", { timeoutMs: 10_000 });
});

test("a pod whose node does not answer keeps a stop waiting, and is forced away when an administrator asks", async () => {
  const { world } = await openServed({});
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "silent" } };
  await world.wire.send("POST", "/api/v1/nodes", { body: node });
  const spec = { nodeName: "silent", terminationGracePeriodSeconds: 1, containers: [{ name: "project", image: "x" }] };
  await world.putConfigMap("project-pod", { "project.json": JSON.stringify({ kind: "Pod", spec }) });
  const projectId = await world.createProject();
  await until(async () => {
    await world.ask(projectId, "start");
    return (await world.untilPod(projectId)).spec.nodeName === "silent";
  });
  await world.ask(projectId, "stop");
  await world.untilState(projectId, "stopping");
  const told = await until(async () => (await world.row(projectId)).state?.error, { timeoutMs: 40_000 });
  expect(told).toMatch(/does not answer/);
  expect((await world.row(projectId)).action_request?.finished).toBeUndefined();
  expect(await world.pod(projectId)).toBeDefined();
  await forceStop(world.db, projectId);
  await world.untilFinished(projectId);
  expect(await world.pod(projectId)).toBeUndefined();
  await world.untilState(projectId, "opened");
}, 300_000);

test("a start of a project whose machine does not answer waits, says so, holds no place, and ends well when it is back", async () => {
  const { world } = await openServed({}, { COCALC_STARTS_IN_FLIGHT: "1" });
  const spec = { nodeName: "silent", containers: [{ name: "project", image: "x" }] };
  await world.putConfigMap("project-pod", { "project.json": JSON.stringify({ kind: "Pod", spec }) });
  const [projectId, other] = [await world.createProject(), await world.createProject()];
  await world.ask(projectId, "start");
  const { metadata } = await world.untilPod(projectId);
  await world.tell(projectId, readyStatus());
  await world.untilState(projectId, "running");
  // What the node controller writes: it knows nothing new of the containers.
  await world.tell(projectId, withConditions({ Ready: "False", ContainersReady: "True" }));
  const told = await until(async () => (await world.row(projectId)).state?.error);
  expect(told).toMatch(/does not answer/);
  await world.ask(projectId, "start");
  const waiting = await until(async () => {
    const start = await world.start(projectId);
    return start?.outcome === null && start.reason === "node_dead" && start;
  });
  expect(waiting.message).toMatch(/does not answer/);
  await world.ask(other, "start");
  await world.untilPod(other);
  expect((await world.pod(projectId))?.metadata).toMatchObject({ uid: metadata.uid });
  await world.tell(projectId, readyStatus());
  await world.untilFinished(projectId);
  expect(await world.start(projectId)).toMatchObject({ outcome: "running" });
  await world.untilState(projectId, "running");
});

test("a pod whose node is gone does not block the next start", async () => {
  const { world } = await openServed({});
  const spec = { nodeName: "gone", terminationGracePeriodSeconds: 1, containers: [{ name: "project", image: "x" }] };
  await world.putConfigMap("project-pod", { "project.json": JSON.stringify({ kind: "Pod", spec }) });
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  const { metadata } = await world.untilPod(projectId);
  await world.ask(projectId, "restart");
  await until(async () => ((await world.pod(projectId))?.metadata.uid ?? metadata.uid) !== metadata.uid, {
    timeoutMs: 40_000,
  });
}, 300_000);

test("a pod that a finalizer keeps on a node that is gone is not asked for again without a pause, and the start that waits says why", async () => {
  const life = newLife();
  const world = await World.open(life);
  const api = await openFaultyKube(life, world.env.KUBECONFIG ?? "");
  const kubeconfig = await kubeconfigAt(life, world.env.KUBECONFIG ?? "", api.url);
  await world.startRoles(life.child("manage"), ["manage-action"], { KUBECONFIG: kubeconfig });
  const spec = { nodeName: "gone", containers: [{ name: "project", image: "x" }] };
  const metadata = { finalizers: ["example.com/keep"] };
  await world.putConfigMap("project-pod", { "project.json": JSON.stringify({ kind: "Pod", metadata, spec }) });
  const projectId = await world.createProject();
  await world.ask(projectId, "start");
  const kept = await world.untilPod(projectId);
  await world.tell(projectId, withConditions({ Ready: "False", ContainersReady: "True" }));
  await world.ask(projectId, "restart");
  const waiting = await until(async () => {
    const start = await world.start(projectId);
    return start?.reason === "other" && start;
  });
  expect(waiting.message).toMatch(/still stopping/);
  await world.putTemplate();
  for (let others = 0; others < 20; others += 1) {
    const other = await world.createProject();
    await world.ask(other, "start");
    await world.untilPod(other);
  }
  const deletions = api.count(({ method, url }) => method === "DELETE" && url.pathname.endsWith(podName(projectId)));
  expect(deletions).toBeLessThan(10);
  await world.kube.patch(pods, podName(projectId), { metadata: { finalizers: null } });
  await until(async () => ![undefined, kept.metadata.uid].includes((await world.pod(projectId))?.metadata.uid));
});

test("a project whose variables are too large, as rows from before are, never started: it fails at once and says what to do", async () => {
  const { world } = await openServed();
  const projectId = await world.createProject();
  const setVariables = (env: object) =>
    world.db.execute("UPDATE projects SET env = $2 WHERE project_id = $1", [projectId, JSON.stringify(env)]);
  await setVariables(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`V${index}`, "x".repeat(10_000)])));
  await world.ask(projectId, "start");
  const { err } = await world.untilFinished(projectId);
  expect(err).toMatch(/take 110,\d{3} bytes together, and at most 97,000 .* Shorten them/);
  expect(await world.start(projectId)).toMatchObject({ outcome: "failed", reason: "variables_too_large" });
  expect(await world.pod(projectId)).toBeUndefined();
  await setVariables(Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`V${index}`, "x".repeat(10_700)])));
  await world.ask(projectId, "start");
  await world.untilState(projectId, "running");
});

/** Status of a running pod with these conditions. */
function withConditions(statuses: Record<string, string>): object {
  const conditions = Object.entries(statuses).map(([type, status]) => ({ type, status }));
  return { ...readyStatus(), conditions };
}
