import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide, type Facts, type PodFacts, type Request, readRequest } from "./decide.ts";

const TIME = "2030-01-01T00:00:00.000Z";
const open = (action: string, rescue = false): Request => readRequest({ action, time: TIME, rescue }, TIME);
const rescue = open("start", true);
const pod: PodFacts = {
  requestTime: TIME,
  ticket: 1,
  placed: true,
  terminating: false,
  ended: false,
  ready: true,
  rescue: false,
};
const start = { ticket: 1, requestTime: TIME, giveUp: null, rescue: false };
const facts = (change: Partial<Facts>): Facts => ({
  request: open("start"),
  deleted: false,
  start: undefined,
  pod: undefined,
  ...change,
});

const started = readRequest({ action: "start", finished: TIME }, TIME);

test.each<[string, Partial<Facts>, object]>([
  ["a start without a pod", {}, { do: "create" }],
  ["a start whose pod is on its way", { start, pod: { ...pod, ready: false } }, { do: "track" }],
  ["a start whose pod is ready", { start, pod }, { do: "succeed" }],
  ["a second start of a running project", { pod }, { do: "succeed" }],
  ["a start whose own pod has ended", { start, pod: { ...pod, ended: true } }, { do: "fail" }],
  ["a start over an older pod that has ended", { pod: { ...pod, ended: true } }, { do: "delete-pod" }],
  ["a start while the old pod goes", { pod: { ...pod, terminating: true } }, { do: "await-end" }],
  ["a start that waited too long", { start: { ...start, giveUp: "no_room" } }, { do: "fail", because: "give_up" }],
  [
    "a start that waited too long and whose pod has just got a node",
    { start: { ...start, giveUp: "no_room" }, pod: { ...pod, ready: false } },
    { do: "track" },
  ],
  [
    "a start that waited too long and whose pod has no node",
    { start: { ...start, giveUp: "no_room" }, pod: { ...pod, ready: false, placed: false } },
    { do: "fail", because: "give_up" },
  ],
  [
    "a start of a deleted project that is under way",
    { deleted: true, start },
    { do: "fail", because: "project_deleted" },
  ],
  ["a stop during a start", { request: open("stop"), start, pod }, { do: "cancel" }],
  ["a stop of a running project", { request: open("stop"), pod }, { do: "delete-pod" }],
  ["a stop of a stopped project", { request: open("stop") }, { do: "finish", event: "project_stopped" }],
  [
    "a restart of a running project",
    { request: open("restart"), pod: { ...pod, requestTime: "older" } },
    { do: "delete-pod" },
  ],
  ["a restart whose new pod is ready", { request: open("restart"), start, pod }, { do: "succeed" }],
  ["a restart of a stopped project", { request: open("restart") }, { do: "create" }],
  [
    "a rescue of a project whose pod does not become ready",
    { request: rescue, pod: { ...pod, requestTime: "older", ready: false } },
    { do: "delete-pod" },
  ],
  [
    "a rescue during a start",
    { request: rescue, start: { ...start, requestTime: "older" }, pod: { ...pod, requestTime: "older", ready: false } },
    { do: "cancel" },
  ],
  ["a rescue of a running project", { request: rescue, pod: { ...pod, requestTime: "older" } }, { do: "succeed" }],
  [
    "a rescue whose own pod is on its way",
    { request: rescue, start: { ...start, rescue: true }, pod: { ...pod, ready: false, rescue: true } },
    { do: "track" },
  ],
  [
    "a start while a pod of a rescue is on its way",
    { pod: { ...pod, requestTime: "older", ready: false, rescue: true } },
    { do: "track" },
  ],
  ["a test", { request: open("test"), pod }, { do: "finish" }],
  ["a request without a time", { request: readRequest({ action: "start" }, null) }, { do: "give-time" }],
  ["a request that is nonsense", { request: readRequest(["?"], null), pod }, { do: "fit" }],
  ["a project that runs, and nobody asks for anything", { request: started, pod }, { do: "fit" }],
  ["a project that runs in vain", { request: started, pod: { ...pod, ended: true } }, { do: "nothing" }],
  [
    "a project that is being stopped from outside",
    { request: started, pod: { ...pod, terminating: true } },
    { do: "nothing" },
  ],
  [
    "another writer's last word on an older request",
    { request: readRequest({ action: "start", finished: TIME }, "older"), start, pod: { ...pod, ready: false } },
    { do: "track" },
  ],
  [
    "a pod after a stop was finished",
    { request: readRequest({ action: "stop", finished: TIME }, TIME), pod },
    { do: "delete-pod" },
  ],
  [
    "a deleted project with a pod",
    { request: readRequest({ action: "start", finished: TIME }, TIME), deleted: true, pod },
    { do: "delete-pod" },
  ],
])("%s", (_what, change, step) => {
  expect(decide(facts(change))).toEqual(step);
});

/** A cluster and a database in a few lines: each step does at once what it is meant to. */
function follow(world: Facts): { world: Facts; steps: string[] } {
  const steps: string[] = [];
  for (let count = 0; count < 20; count += 1) {
    const step = decide(world);
    steps.push(step.do);
    const { request } = world;
    const done: Request = { kind: "finished", action: "action" in request ? request.action : "", time: TIME };
    const time = request.kind === "open" ? request.time : (world.start?.requestTime ?? TIME);
    const isRescue = request.kind === "open" ? request.rescue : world.start?.rescue === true;
    const next: Record<typeof step.do, Partial<Facts>> = {
      nothing: {},
      fit: {},
      "give-time": { request: open("start") },
      finish: { request: done },
      create: {
        start: { ticket: 9, requestTime: time, giveUp: null, rescue: isRescue },
        pod: { ...pod, ticket: 9, requestTime: time, ready: false, rescue: isRescue },
      },
      track: { pod: { ...pod, ...world.pod, ready: true } },
      succeed: { request: request.kind === "open" ? done : request, start: undefined },
      fail: { request: request.kind === "open" ? done : request, start: undefined, pod: undefined },
      "delete-pod": { pod: world.pod && { ...world.pod, terminating: true } },
      "await-end": { pod: undefined },
      cancel: { start: undefined },
    };
    if (step.do === "nothing" || step.do === "fit") break;
    world = { ...world, ...next[step.do] };
  }
  return { world, steps };
}

test("from wherever things stand, a request comes to an end that is true", () => {
  const flag = fc.boolean();
  const time = fc.constantFrom(TIME, "older");
  const somePod = fc.record({
    requestTime: time,
    ticket: fc.constantFrom(1, 2, undefined),
    placed: flag,
    terminating: flag,
    ended: flag,
    ready: flag,
    rescue: flag,
  });
  const someStart = fc.record({
    ticket: fc.constantFrom(1, 2),
    requestTime: time,
    giveUp: fc.constantFrom(null, "no_room"),
    rescue: flag,
  });
  const some = fc.record({
    action: fc.constantFrom("start", "stop", "restart", "test"),
    rescue: flag,
    deleted: flag,
    pod: fc.option(somePod, { nil: undefined }),
    start: fc.option(someStart, { nil: undefined }),
  });
  fc.assert(
    fc.property(some, ({ action, rescue, ...rest }) => {
      const { world, steps } = follow({ ...rest, request: open(action, rescue) });
      expect(steps.at(-1)).toMatch(/^(nothing|fit)$/);
      expect(world.request.kind).toBe("finished");
      expect(world.start).toBeUndefined();
      const runs = world.pod !== undefined && !world.pod.terminating;
      if (action === "stop" || rest.deleted) expect(runs).toBe(false);
      else if (action !== "test" && !steps.includes("fail")) expect(runs && world.pod?.ready).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
