import { expect, test } from "@jest/globals";
import type { ContainerStatus, KubeEvent, Pod, PodStatus } from "../../kube/types.ts";
import { explainPod } from "./reasons.ts";
import {
  isNodeGone,
  LOST_LABELS,
  phasesOf,
  stateOfPod,
  stateWithoutPod,
  terminationLeftMs,
  verdictOn,
} from "./rules.ts";

const NOW = new Date("2030-01-01T00:10:00.000Z");
const SCHEDULED = "2030-01-01T00:00:00Z";

function podOf(status: PodStatus, { node = "node-1", deleted = "" } = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "project-x", ...(deleted && { deletionTimestamp: deleted }) },
    spec: { ...(node && { nodeName: node }), containers: [{ name: "helper" }, { name: "project" }] },
    status,
  };
}
const scheduled = { type: "PodScheduled", status: "True" as const, lastTransitionTime: SCHEDULED };
const ready = { type: "Ready", status: "True" as const, lastTransitionTime: SCHEDULED };
const notReady = (type: string) => ({ type, status: "False" as const });
/** As Kubernetes leaves them when a node has not reported for a while. */
const silent = [notReady("Ready"), { type: "ContainersReady", status: "True" as const }];
const container = (state: object, more: object = {}): ContainerStatus => ({
  name: "project",
  ready: false,
  restartCount: 0,
  image: "site/project:1",
  state,
  ...more,
});
const running = container({ running: { startedAt: SCHEDULED } }, { ready: true });
const waiting = (reason: string, more: object = {}) => container({ waiting: { reason, message: "its words" } }, more);
const refused = (message: string) => ({
  conditions: [{ type: "PodScheduled", status: "False" as const, reason: "Unschedulable", message }],
});
const eventOf = (reason: string): KubeEvent => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name: reason },
  involvedObject: {},
  reason,
  message: "its words",
});

test.each<[string, Pod, KubeEvent[], string | undefined, RegExp]>([
  [
    "no node has room",
    podOf(refused("0/3 nodes are available: 1 Insufficient memory, 2 Insufficient cpu."), { node: "" }),
    [],
    "no_room",
    /memory and processors/,
  ],
  [
    "no node fits",
    podOf(refused("0/2 nodes are available: 2 node(s) had untolerated taint"), { node: "" }),
    [],
    "no_room",
    /No machine takes/,
  ],
  [
    "no volume",
    podOf(refused('persistentvolumeclaim "projects-data" not found'), { node: "" }),
    [],
    "volume_failed",
    /files cannot be reached/,
  ],
  [
    "the image is pulled",
    podOf({ containerStatuses: [waiting("ContainerCreating")] }),
    [eventOf("Scheduled"), eventOf("Pulling")],
    "image_pulling",
    /being fetched/,
  ],
  [
    "the image is there",
    podOf({ containerStatuses: [waiting("ContainerCreating")] }),
    [eventOf("Pulling"), eventOf("Pulled")],
    undefined,
    /^$/,
  ],
  [
    "the node cannot set it up",
    podOf({ containerStatuses: [waiting("ContainerCreating")] }),
    [eventOf("Scheduled"), eventOf("Pulled"), eventOf("FailedSync")],
    "setup_failed",
    /cannot set up the project's container/,
  ],
  ["the network is not ready", podOf({}), [eventOf("NetworkNotReady")], "setup_failed", /to the network/],
  ["the node cannot make a sandbox", podOf({}), [eventOf("FailedCreatePodSandBox")], "setup_failed", /set up/],
  [
    "the node tells of an image without a status",
    podOf({}),
    [{ ...eventOf("Failed"), message: 'Failed to pull image "site/project:1"' }],
    "image_pull_failed",
    /cannot be fetched/,
  ],
  [
    "the runtime refuses its container",
    podOf({}),
    [{ ...eventOf("Failed"), message: "Error: failed to create containerd task" }],
    "setup_failed",
    /set up/,
  ],
  [
    "its arguments are too long for its machine",
    podOf({
      containerStatuses: [
        waiting("CrashLoopBackOff", {
          lastState: { terminated: { exitCode: 128, reason: "StartError", message: "argument list too long" } },
        }),
      ],
    }),
    [],
    "setup_failed",
    /cannot be made/,
  ],
  [
    "the chosen node refuses it",
    podOf({ phase: "Failed", reason: "OutOfcpu", message: "Node didn't have enough resource" }),
    [],
    "no_room",
    /chosen for the project/,
  ],
  [
    "what prepares it fails, with the project's own waiting before",
    podOf({
      initContainerStatuses: [
        container({ terminated: { exitCode: 0, reason: "Completed" } }, { name: "first" }),
        container(
          { waiting: { reason: "CrashLoopBackOff" } },
          { name: "second", lastState: { terminated: { exitCode: 4 } } },
        ),
      ],
      containerStatuses: [waiting("PodInitializing")],
    }),
    [],
    "crashed",
    /container second beside .* \(exit code 4\)/,
  ],
  [
    "a helper runs before the project's own container, which crashed",
    podOf({
      containerStatuses: [
        { ...running, name: "helper" },
        waiting("CrashLoopBackOff", { lastState: { terminated: { exitCode: 5 } } }),
      ],
    }),
    [],
    "crashed",
    /project's server ended by itself \(exit code 5\)/,
  ],
  [
    "a helper runs before the project's own container, whose volume is not there",
    podOf({ containerStatuses: [{ ...running, name: "helper" }, waiting("ContainerCreating")] }),
    [eventOf("FailedMount")],
    "volume_failed",
    /cannot be mounted/,
  ],
  [
    "a helper's image cannot be pulled",
    podOf({ containerStatuses: [{ ...waiting("ErrImagePull"), name: "helper", image: "site/helper:1" }, running] }),
    [],
    "image_pull_failed",
    /every project needs, site\/helper:1, cannot/,
  ],
  ["the volume cannot be mounted", podOf({}), [eventOf("FailedMount")], "volume_failed", /cannot be mounted/],
  [
    "the image cannot be pulled",
    podOf({ containerStatuses: [waiting("ImagePullBackOff")] }),
    [],
    "image_pull_failed",
    /site\/project:1 cannot be fetched/,
  ],
  [
    "it crashes",
    podOf({ containerStatuses: [waiting("CrashLoopBackOff", { lastState: { terminated: { exitCode: 3 } } })] }),
    [],
    "crashed",
    /exit code 3/,
  ],
  [
    "out of memory",
    podOf({
      containerStatuses: [
        waiting("CrashLoopBackOff", { lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } } }),
      ],
    }),
    [],
    "out_of_memory",
    /more memory/,
  ],
  [
    "evicted",
    podOf({ phase: "Failed", reason: "Evicted", message: "The node was low on memory." }),
    [],
    "evicted",
    /take back its room/,
  ],
  [
    "its node does not report",
    podOf({ phase: "Running", containerStatuses: [running], conditions: silent }),
    [],
    "node_dead",
    /does not answer. Your files are safe/,
  ],
  [
    "its node does not report that it ended",
    podOf({ phase: "Running", containerStatuses: [running], conditions: silent }, { deleted: SCHEDULED }),
    [],
    "node_dead",
    /not certain that the project has ended/,
  ],
  [
    "its server is not ready, by its node's own word",
    podOf({
      phase: "Running",
      containerStatuses: [running],
      conditions: [notReady("Ready"), notReady("ContainersReady")],
    }),
    [],
    undefined,
    /^$/,
  ],
  ["all is well", podOf({ phase: "Running", containerStatuses: [running], conditions: [ready] }), [], undefined, /^$/],
])("the reason in words when %s", (_what, pod, events, reason, words) => {
  const why = explainPod(pod, events);
  expect(why?.reason).toBe(reason);
  expect(why?.message ?? "").toMatch(words);
  if (why !== undefined) expect(why.kubernetesReason).not.toBe("");
});

test("running is told at Ready and not before, and every other moment has its state", () => {
  const status: PodStatus = { phase: "Running", podIP: "192.0.2.1", containerStatuses: [running] };
  expect(stateOfPod(podOf(status), undefined)).toEqual({ state: "starting" });
  const isReady = { ...status, conditions: [scheduled, ready] };
  expect(stateOfPod(podOf(isReady), undefined)).toEqual({ state: "running", ip: "192.0.2.1" });
  expect(stateOfPod(podOf(isReady, { deleted: SCHEDULED }), undefined)).toEqual({ state: "stopping" });
  expect(stateOfPod(podOf({}, { node: "" }), undefined)).toEqual({ state: "pending" });
  const evicted = podOf({ phase: "Failed", reason: "Evicted" });
  expect(stateOfPod(evicted, explainPod(evicted))).toMatchObject({ state: "opened", error: expect.any(String) });
  const left = (state: string | null, error: string | null = null) => stateWithoutPod({ state, error });
  for (const right of [left(null), left("archived"), left("opened", "It ended.")]) expect(right).toBeUndefined();
  for (const gone of [left("running"), left("stopping"), left("opened", LOST_LABELS)])
    expect(gone).toEqual({ state: "opened" });
});

const LIMITS = {
  imageFailureSeconds: 60,
  volumeFailureSeconds: 120,
  setupFailureSeconds: 90,
  prepareSeconds: 900,
  readySeconds: 180,
  restarts: 2,
};

test.each<[string, Pod, number, object]>([
  ["waits for a node without an end", podOf({}, { node: "" }), 100_000, { kind: "wait", untilMs: undefined }],
  [
    "waits for its container",
    podOf({ conditions: [scheduled] }),
    899,
    { kind: "wait", untilMs: Date.parse(SCHEDULED) + 900_000 },
  ],
  ["prepared for too long", podOf({ conditions: [scheduled] }), 900, { kind: "failed", late: true }],
  [
    "image failed for too long",
    podOf({ conditions: [scheduled], containerStatuses: [waiting("ErrImagePull")] }),
    60,
    { kind: "failed", late: true },
  ],
  [
    "an image that has no valid name",
    podOf({ conditions: [scheduled], containerStatuses: [waiting("InvalidImageName")] }),
    0,
    { kind: "failed", late: false },
  ],
  [
    "never ready",
    podOf({ conditions: [scheduled], containerStatuses: [{ ...running, ready: false }] }),
    180,
    { kind: "failed", late: true },
  ],
  [
    "restarted too often",
    podOf({ conditions: [scheduled], containerStatuses: [waiting("CrashLoopBackOff", { restartCount: 2 })] }),
    0,
    { kind: "failed", late: false },
  ],
  [
    "restarted too often beside a helper that stands first",
    podOf({
      conditions: [scheduled],
      containerStatuses: [{ ...running, name: "helper" }, waiting("CrashLoopBackOff", { restartCount: 2 })],
    }),
    0,
    { kind: "failed", late: false },
  ],
  [
    "beside a helper that crashed twice and runs again",
    podOf({
      conditions: [scheduled],
      containerStatuses: [{ ...running, name: "helper", restartCount: 9 }, waiting("ContainerCreating")],
    }),
    0,
    { kind: "wait", untilMs: Date.parse(SCHEDULED) + 900_000 },
  ],
  [
    "of a node that cannot make its container for too long",
    podOf({ conditions: [scheduled], containerStatuses: [waiting("CreateContainerError")] }),
    90,
    { kind: "failed", late: true },
  ],
  ["evicted", podOf({ phase: "Failed", reason: "Evicted" }), 0, { kind: "failed", late: false }],
  [
    "on a node that does not answer",
    podOf({ conditions: [scheduled, ...silent], containerStatuses: [running] }),
    3_000,
    { kind: "wait", untilMs: undefined },
  ],
])("the verdict on a start that is %s", (_what, pod, afterSeconds, verdict) => {
  const nowMs = Date.parse(SCHEDULED) + afterSeconds * 1_000;
  expect(verdictOn(pod, explainPod(pod), { ...LIMITS, nowMs })).toEqual(verdict);
});

test("phases have Kubernetes' times, or the present moment when they have just happened", () => {
  const pod = podOf({
    conditions: [scheduled, { ...ready, lastTransitionTime: "2030-01-01T00:10:00Z" }],
    containerStatuses: [running],
  });
  const just = new Date(NOW.getTime() + 700);
  expect(phasesOf(pod, [], just)).toEqual({
    scheduled: new Date(SCHEDULED),
    pulled: new Date(SCHEDULED),
    started: new Date(SCHEDULED),
    ready: just,
  });
  expect(phasesOf(podOf({}, { node: "" }), [], NOW)).toEqual({});
});

test("an image that took long takes no time from setting up", () => {
  const pod = podOf({ conditions: [scheduled], containerStatuses: [waiting("CreateContainerError")] });
  const pulledMs = Date.parse(SCHEDULED) + 300_000;
  const nowMs = pulledMs + 89_000;
  expect(verdictOn(pod, explainPod(pod), { ...LIMITS, nowMs, pulledMs })).toEqual({
    kind: "wait",
    untilMs: pulledMs + 90_000,
  });
});

test("phases are the project's own container's, wherever it stands", () => {
  const helper = { ...container({ running: { startedAt: "2030-01-01T00:01:00Z" } }), name: "helper" };
  const pod = podOf({ conditions: [scheduled], containerStatuses: [helper, running] });
  const pulledOf = (name: string, eventTime: string) => ({
    ...eventOf("Pulled"),
    eventTime,
    involvedObject: { fieldPath: `spec.containers{${name}}` },
  });
  const events = [pulledOf("project", "2030-01-01T00:00:02Z"), pulledOf("helper", "2030-01-01T00:00:50Z")];
  expect(phasesOf(pod, events, NOW)).toMatchObject({
    started: new Date(SCHEDULED),
    pulled: new Date("2030-01-01T00:00:02Z"),
  });
});

test("a pod is forced away only when its node is gone or out of service", () => {
  const node = (taints: object[]) =>
    ({ apiVersion: "v1", kind: "Node", metadata: { name: "n" }, spec: { taints } }) as never;
  expect(isNodeGone(undefined)).toBe(true);
  expect(isNodeGone(node([{ key: "node.kubernetes.io/unreachable", effect: "NoExecute" }]))).toBe(false);
  expect(isNodeGone(node([{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }]))).toBe(true);
  const pod = podOf({}, { deleted: "2030-01-01T00:09:00Z" });
  expect(terminationLeftMs(pod, NOW.getTime())).toBe(-45_000);
  expect(terminationLeftMs(podOf({}), NOW.getTime())).toBe(Number.POSITIVE_INFINITY);
});
