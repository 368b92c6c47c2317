/** A running project gets what it may have, or is told why not; and comes to rest, whatever its node says. */

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { RUN_QUOTA as QUOTA } from "../../../test/helpers/run-quota.ts";
import { quantity } from "../../core/quantities.ts";
import type { Pod, PodCondition } from "../../kube/types.ts";
import type { PendingQuota, RunQuota } from "../../protocol/quotas.ts";
import { qosOf } from "./qos-rules.ts";
import { nextResize, type ResizeStep } from "./resize-rules.ts";
import type { Pending } from "./resize-words-rules.ts";
import { type ProjectResources, projectResources, resourcesFor, sameResources } from "./resources-rules.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const PATIENCE_MS = 60_000;

function podWith(quota: RunQuota): Pod {
  const resources = resourcesFor(quota);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "project-x", uid: "1", generation: 1 },
    spec: { nodeName: "n", containers: [{ name: "project", resources }] },
    status: {
      phase: "Running",
      qosClass: qosOf([{ resources }]),
      containerStatuses: [{ name: "project", ready: true, restartCount: 0, resources }],
    },
  };
}

/** What a node has to give, and what the project uses of it. */
interface Node {
  cores: number;
  memoryMiB: number;
  usedMiB: number;
}

/** A project in a cluster that does as Kubernetes does. */
class Running {
  pod: Pod;
  has: RunQuota;
  mayHave: RunQuota;
  next: RunQuota;
  pending: PendingQuota | null = null;
  asks = 0;
  records = 0;
  readonly node: Node;

  constructor(has: RunQuota, node: Node = { cores: 64, memoryMiB: 1_000_000, usedMiB: 100 }) {
    this.has = has;
    this.mayHave = has;
    this.next = has;
    this.pod = podWith(has);
    this.node = node;
  }

  wish(mayHave: RunQuota, next = mayHave): void {
    this.mayHave = mayHave;
    this.next = next;
  }

  /** Something is wished for, and all is done until there is nothing more to do. */
  toRest(mayHave: RunQuota, next = mayHave): void {
    this.wish(mayHave, next);
    for (let steps = 0; steps < 20; steps++) {
      const step = this.step();
      this.nodeActs();
      if (step.do === "nothing") return;
    }
    throw new Error("it does not come to rest");
  }

  step(): ResizeStep {
    const { pod, has, mayHave, next, pending } = this;
    const step = nextResize({ pod, has, mayHave, next, pending, nowMs: NOW_MS, patienceMs: PATIENCE_MS });
    if (step.do === "ask") this.#ask(step);
    if (step.do === "record") this.#record(step.has, step.pending);
    return step;
  }

  get actual(): ProjectResources {
    return projectResources(this.pod.status?.containerStatuses?.[0]?.resources);
  }

  get asked(): ProjectResources {
    return projectResources(this.pod.spec.containers[0]?.resources);
  }

  nodeActs(): void {
    const condition = this.#obstacle();
    const resources = condition === undefined ? this.asked : this.actual;
    const status = {
      ...this.pod.status,
      conditions: condition === undefined ? [] : [condition],
      containerStatuses: [{ name: "project", ready: true, restartCount: 0, resources }],
    };
    this.pod = { ...this.pod, status };
  }

  #record(has: RunQuota, pending: Pending | null): void {
    this.records += 1;
    this.has = has;
    this.pending = pending && { ...pending, time: new Date(NOW_MS).toISOString() };
  }

  #ask({ resources, pending }: Extract<ResizeStep, { do: "ask" }>): void {
    this.asks += 1;
    expect(qosOf([{ resources }])).toBe(this.pod.status?.qosClass); // else the API server refuses
    const generation = (this.pod.metadata.generation ?? 0) + (sameResources(resources, this.asked) ? 0 : 1);
    const spec = { ...this.pod.spec, containers: [{ name: "project", resources }] };
    this.pod = { ...this.pod, metadata: { ...this.pod.metadata, generation }, spec };
    this.#record(this.has, pending);
  }

  #obstacle(): PodCondition | undefined {
    const { cores, memoryMiB, usedMiB } = this.node;
    const [asked, actual] = [amountsOf(this.asked), amountsOf(this.actual)];
    const told = { status: "True", observedGeneration: this.pod.metadata.generation ?? 0 } as const;
    const isMoreCpu = asked.cpu > cores && asked.cpu > actual.cpu;
    const isMoreMemory = asked.memory > memoryMiB * 2 ** 20 && asked.memory > actual.memory;
    if (isMoreCpu || isMoreMemory) return { ...told, type: "PodResizePending", reason: "Deferred" };
    const used = usedMiB * 2 ** 20;
    if (asked.limit >= actual.limit || asked.limit >= used) return undefined;
    const message = `attempting to set container "project" memory limit (${asked.limit}) below current usage (${used})`;
    return { ...told, type: "PodResizeInProgress", reason: "Error", message };
  }
}

function amountsOf({ limits, requests }: ProjectResources) {
  const [cpu = 0, memory = 0, limit = 0] = [requests.cpu, requests.memory, limits.memory].map(quantity);
  return { cpu, memory, limit };
}

test("more cpu and memory is asked for once, and written down when the node has done it", () => {
  const project = new Running(QUOTA);
  const more = { ...QUOTA, memory_limit: 4_000, memory_request: 800, cpu_limit: 2, idle_timeout: 7_200 };
  project.toRest(more);
  expect(project.actual).toEqual({
    limits: { cpu: "2000m", memory: "4000Mi" },
    requests: { cpu: "20m", memory: "800Mi" },
  });
  expect([project.has, project.pending, project.asks]).toEqual([more, null, 1]);
});

test("what does not change asks for nothing and writes nothing", () => {
  const project = new Running(QUOTA);
  project.toRest({ ...QUOTA });
  expect([project.asks, project.records]).toEqual([0, 0]);
});

test("what counts by being written down is written down, and the pod is left alone", () => {
  const project = new Running(QUOTA);
  const written = { ...QUOTA, idle_timeout: 86_400, always_running: true, disk_quota: 9_000 };
  project.toRest(written);
  expect([project.has, project.pending, project.asks]).toEqual([written, null, 0]);
});

test("what is a part of the pod waits for a restart, while all else is done", () => {
  const project = new Running(QUOTA);
  const wished: RunQuota = { ...QUOTA, network: true, gpu: { num: 1 }, memory_limit: 2_000 };
  project.toRest(wished);
  expect(project.has).toEqual({ ...QUOTA, memory_limit: 2_000 });
  expect(project.pending).toMatchObject({
    quota: wished,
    reason: "restart",
    message: "A restart brings access to the internet, 1 graphics processor.",
  });
});

test("what an ended licence gave stays until the next start", () => {
  const licensed = { ...QUOTA, memory_limit: 8_000, network: true };
  const project = new Running(licensed);
  project.toRest(licensed, QUOTA);
  expect([project.has, project.asks]).toEqual([licensed, 0]);
  expect(project.pending).toMatchObject({ quota: QUOTA, reason: "next_start" });
  expect(project.pending?.message).toMatch(/licence has ended.* 1 GB of memory, no access to the internet/);
});

test("a memory limit below what is in use is taken back, in words, and the rest is done", () => {
  const project = new Running({ ...QUOTA, memory_limit: 4_000 }, { cores: 8, memoryMiB: 64_000, usedMiB: 3_000 });
  const less = { ...QUOTA, memory_limit: 2_000, cpu_limit: 2 };
  project.toRest(less);
  expect(sameResources(project.asked, project.actual)).toBe(true);
  expect(project.has).toEqual({ ...less, memory_limit: 4_000 });
  expect(project.pending).toMatchObject({ quota: less, reason: "memory_in_use" });
  expect(project.pending?.message).toBe(
    "The project uses 3 GB of memory, which is more than its new limit. It keeps 4 GB until it starts again; a restart brings 2 GB of memory.",
  );
  const asks = project.asks;
  project.toRest(less);
  expect(project.asks).toBe(asks); // no second try of the same
  project.toRest({ ...less, memory_limit: 3_500 });
  expect([project.has.memory_limit, project.pending]).toEqual([3_500, null]);
});

test("where the node has no room to set more aside, the limits are raised all the same", () => {
  const project = new Running(QUOTA, { cores: 8, memoryMiB: 500, usedMiB: 100 });
  const more = { ...QUOTA, memory_limit: 4_000, memory_request: 800 };
  project.toRest(more);
  expect(project.has).toEqual({ ...more, memory_request: 200 });
  expect(project.pending).toMatchObject({ quota: more, reason: "no_room" });
});

test("a pod whose resources are sure to it stays one of that class, or waits for a restart", () => {
  const sure = { ...QUOTA, memory_request: 1_000, cpu_request: 1 };
  const project = new Running(sure);
  const loose = { ...QUOTA, memory_limit: 4_000 };
  project.toRest(loose);
  expect([project.has, project.asks]).toEqual([sure, 0]);
  expect(project.pending).toMatchObject({ quota: loose, reason: "restart" });
  project.toRest({ ...sure, memory_limit: 2_000, memory_request: 2_000 });
  expect([project.has.memory_limit, project.pending]).toEqual([2_000, null]);
});

test("a pod that may be moved aside stays one, by a MiB that is not set aside for it", () => {
  const project = new Running(QUOTA);
  const sure = { ...QUOTA, memory_request: 1_000, cpu_request: 1 };
  project.toRest(sure);
  expect(project.actual.requests).toEqual({ cpu: "1000m", memory: "999Mi" });
  expect(project.pending).toBeNull();
  expect(project.has).toEqual(sure);
});

test("resources that a patch has made are left alone", () => {
  const patch = [{ op: "add", path: "/spec/containers/0/resources/limits/memory", value: "9Gi" }];
  const project = new Running({ ...QUOTA, patch });
  project.toRest({ ...QUOTA, patch, memory_limit: 4_000 });
  expect([project.asks, project.pending?.reason]).toEqual([0, "restart"]);
});

test("a node that does nothing is waited for as long as patience lasts, and what was asked is taken back", () => {
  const mayHave = { ...QUOTA, cpu_limit: 2 };
  const pod = podWith(QUOTA);
  pod.spec.containers = [{ name: "project", resources: resourcesFor(mayHave) }];
  const pending: PendingQuota = {
    ...{ quota: mayHave, reason: "under_way", message: "", kubernetes_reason: null },
    time: new Date(NOW_MS).toISOString(),
  };
  const facts = { pod, has: QUOTA, mayHave, next: mayHave, pending, patienceMs: PATIENCE_MS };
  expect(nextResize({ ...facts, nowMs: NOW_MS + PATIENCE_MS - 1 })).toEqual({ do: "wait" });
  const late = nextResize({ ...facts, nowMs: NOW_MS + PATIENCE_MS });
  expect(late).toMatchObject({ do: "ask", resources: resourcesFor(QUOTA), pending: { reason: "refused" } });
});

test("what the cluster refused once was never asked for again: it is, ten minutes after the last try", () => {
  const mayHave = { ...QUOTA, cpu_limit: 2 };
  const time = new Date(NOW_MS).toISOString();
  const facts = { pod: podWith(QUOTA), has: QUOTA, mayHave, next: mayHave, patienceMs: PATIENCE_MS };
  const words = { message: "The cluster did not change what the running project has. A restart brings 2 CPU cores." };
  const after = (ms: number, reason: PendingQuota["reason"]) => {
    const pending = { ...words, quota: mayHave, reason, kubernetes_reason: "", time };
    return nextResize({ ...facts, pending, nowMs: NOW_MS + ms }).do;
  };
  expect(after(599_999, "refused")).not.toBe("ask");
  expect(after(600_000, "refused")).toBe("ask");
  expect(after(600_000, "unsupported")).not.toBe("ask");
});

test("what was told of an older wish counts for nothing", () => {
  const mayHave = { ...QUOTA, cpu_limit: 2 };
  const pod = podWith(QUOTA);
  pod.metadata.generation = 2;
  pod.spec.containers = [{ name: "project", resources: resourcesFor(mayHave) }];
  const condition: PodCondition = {
    type: "PodResizePending",
    status: "True",
    reason: "Deferred",
    observedGeneration: 1,
  };
  const pending: PendingQuota = {
    ...{ quota: mayHave, reason: "under_way", message: "", kubernetes_reason: null },
    time: new Date(NOW_MS).toISOString(),
  };
  const facts = { has: QUOTA, mayHave, next: mayHave, pending, nowMs: NOW_MS, patienceMs: PATIENCE_MS };
  expect(nextResize({ ...facts, pod: { ...pod, status: { ...pod.status, conditions: [condition] } } }).do).toBe("wait");
  const current = { ...condition, observedGeneration: 2 };
  expect(nextResize({ ...facts, pod: { ...pod, status: { ...pod.status, conditions: [current] } } }).do).toBe("ask");
});

const amounts = fc.record({
  memory_limit: fc.integer({ min: 1_000, max: 9_000 }),
  memory_request: fc.integer({ min: 200, max: 9_000 }),
  cpu_limit: fc.integer({ min: 1, max: 80 }).map((tenths) => tenths / 10),
  cpu_request: fc.integer({ min: 1, max: 80 }).map((tenths) => tenths / 10),
});
const quotas = fc
  .record({ amounts, network: fc.boolean(), idle_timeout: fc.constantFrom(1_800, 7_200) })
  .map(({ amounts: some, ...rest }): RunQuota => ({ ...QUOTA, ...rest, ...some }));
const nodes = fc.record({
  cores: fc.integer({ min: 0, max: 10 }),
  memoryMiB: fc.integer({ min: 0, max: 10_000 }),
  usedMiB: fc.integer({ min: 0, max: 900 }),
});

type Event = { wish: RunQuota } | "step" | "node";

test("whatever is wished, whenever, and whatever the node says: it comes to rest, hangs nowhere, and what is written down is true", () => {
  const events = fc.oneof(
    quotas.map((wish): Event => ({ wish })),
    fc.constantFrom<Event[]>("step", "node"),
  );
  fc.assert(
    fc.property(quotas, fc.array(events, { maxLength: 12 }), quotas, nodes, (first, happening, last, node) => {
      const project = new Running(first, node);
      for (const event of happening) {
        if (event === "step") project.step();
        else if (event === "node") project.nodeActs();
        else project.wish(event.wish);
      }
      project.toRest(last);
      expect(project.pod.status?.conditions ?? []).toEqual([]);
      expect(sameResources(project.asked, project.actual)).toBe(true);
      expect(project.pending?.quota ?? project.has).toEqual(last);
      expect(project.has.network).toBe(first.network);
      expect(project.pending?.reason).not.toBe("under_way");
      expect(sameResources({ ...project.actual, limits: resourcesFor(project.has).limits }, project.actual)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("where the wish is taken back while the node is at it, so is what was asked of the node", () => {
  const project = new Running(QUOTA, { cores: 8, memoryMiB: 500, usedMiB: 100 });
  project.wish({ ...QUOTA, memory_limit: 4_000, memory_request: 800 });
  project.step();
  project.toRest(QUOTA);
  expect(project.asked).toEqual(resourcesFor(QUOTA));
  expect([project.has, project.pending]).toEqual([QUOTA, null]);
});
