import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import type { Pod } from "../../kube/types.ts";
import { LearnedPods } from "./learned-pods.ts";

const podWith = (uid: string): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "project", uid },
  spec: { containers: [] },
});

test("what a call told counts until the watch has caught up, or has had the time to", () => {
  const learned = new LearnedPods();
  const [old, made] = [podWith("old"), podWith("made")];
  learned.learn("p", { uid: "made", pod: made }, 0);
  expect(learned.over(old, "p", 1)).toBe(made);
  learned.seen("p", old);
  expect(learned.over(undefined, "p", 15_000)).toBe(made);
  expect(learned.over(undefined, "p", 15_001)).toBeUndefined();
  learned.seen("p", made);
  expect(learned.over(old, "p", 1)).toBe(old);
});

test("what the watch tells of an older version of a pod does not undo what a call told of it, but its end does", () => {
  const learned = new LearnedPods();
  const version = (resourceVersion: string): Pod => ({
    ...podWith("made"),
    metadata: { name: "project", uid: "made", resourceVersion },
  });
  const [older, changed, newer] = [version("9"), version("10"), version("11")];
  learned.learn("p", { uid: "made", pod: changed }, 0);
  learned.seen("p", older);
  expect(learned.over(older, "p", 1)).toBe(changed);
  learned.seen("p", newer);
  expect(learned.over(newer, "p", 1)).toBe(newer);
  learned.learn("p", { uid: "made", pod: changed }, 0);
  learned.seen("p", older, { isGone: true });
  expect(learned.over(undefined, "p", 1)).toBeUndefined();
});

test("a pod that a call found gone is gone, and another one that the watch brings is not", () => {
  const learned = new LearnedPods();
  learned.learn("p", { uid: "old", pod: undefined }, 0);
  expect(learned.over(podWith("old"), "p", 1)).toBeUndefined();
  expect(learned.over(podWith("new"), "p", 1)?.metadata.uid).toBe("new");
});

test("what was learned of projects that nobody asks for again goes away", () => {
  const learned = new LearnedPods();
  for (let second = 0; second < 10_000; second += 1) {
    learned.learn(randomUUID(), { uid: "gone", pod: undefined }, second * 1_000);
    expect(learned.size).toBeLessThanOrEqual(16);
  }
});
