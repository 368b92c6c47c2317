import { expect, test } from "@jest/globals";
import { fillingsOf, isOld, notCountedWords, queueWords, troublesOf } from "./cluster-view.ts";

const nothing = { cpu: 0, memory: 0, pods: 0, extended: {} };
const node = {
  name: "a",
  ready: true,
  schedulable: true,
  pressure: [],
  taints: [],
  labels: {},
  allocatable: { cpu: 4, memory: 8_000 * 2 ** 20, pods: 110, extended: { "nvidia.com/gpu": 2 } },
  requested: { cpu: 1.5, memory: 2_000 * 2 ** 20, pods: 3, extended: {} },
  requested_by_all: null,
  images: [],
  images_left_out: 0,
};

test("how full a node is, by what can be seen", () => {
  expect(fillingsOf(node).map(({ what, words, percent }) => [what, words, percent])).toEqual([
    ["Processor cores", "1.5 by projects, of 4", 37.5],
    ["Memory", "2 GB by projects, of 8 GB", 25],
    ["Pods", "3 by projects, of 110", (100 * 3) / 110],
    ["nvidia.com/gpu", "0 by projects, of 2", 0],
  ]);
  const [cores] = fillingsOf({ ...node, requested_by_all: { ...nothing, cpu: 3 } });
  expect(cores).toEqual({ what: "Processor cores", words: "1.5 by projects, 3 by all, of 4", percent: 75 });
  const [alone] = fillingsOf({ ...node, requested_by_all: node.requested });
  expect(alone).toEqual({ what: "Processor cores", words: "1.5 by projects, of 4", percent: 37.5 });
});

test("who is refused the pods of all namespaces was told to set what is set", () => {
  expect(notCountedWords("counted")).toBeUndefined();
  expect(notCountedWords("not asked")).toMatch(/COCALC_COUNT_ALL_PODS=yes .* ClusterRole/);
  expect(notCountedWords("refused")).toMatch(/does not let manage-state .* ClusterRole .*reference\/roles\.md/);
  expect(notCountedWords("refused")).not.toMatch(/=yes/);
  expect(notCountedWords("not yet")).toMatch(/every minute/);
});

test("what speaks against a node, and how the queue stands", () => {
  expect(troublesOf(node)).toEqual([]);
  const taints = [{ key: "k", value: "v", effect: "NoSchedule" }];
  expect(troublesOf({ ...node, ready: false, schedulable: false, pressure: ["disk"], taints })).toEqual([
    "not ready",
    "closed to new projects (cordoned)",
    "short of disk",
    "only for who tolerates k=v (NoSchedule)",
  ]);
  const time = "2026-01-01T00:00:00.000Z";
  const queue = { limit: 40, held: 1, waiting: 0, nodes: 2, per_node: 20, at_most: 500, time };
  expect(queueWords(queue)).toBe(
    "1 start is in flight of 40 that may be (20 for each of 2 nodes that take projects, 500 in all); nobody waits.",
  );
  expect(queueWords({ ...queue, nodes: null, waiting: 7 })).toMatch(/\(500 in all\); 7 wait for a turn\.$/);
  expect([60_000, 600_000].map((ms) => isOld({ time }, Date.parse(time) + ms))).toEqual([false, true]);
});
