/** What users are told of quotas: what counts, and nothing that only is written down. */

import { expect, test } from "@jest/globals";
import { runQuota } from "./rules.ts";
import { fieldValue, gainInWords, toldChanges } from "./words-rules.ts";

const quotaWith = (quota: object) =>
  runQuota({
    defaultQuotas: {},
    maxUpgrades: {},
    settings: {},
    upgrades: [],
    licenses: [{ id: "a", quota: { ram: 2, ...quota } }],
  });

test("nobody is told of what nothing heeds yet, such as a project that is kept running", () => {
  const [before, after] = [
    quotaWith({}),
    quotaWith({ disk: 9, always_running: true, member: true, idle_timeout: "day" }),
  ];
  expect(toldChanges(before, after)).toMatchObject([
    { name: "Memory set aside", before: "200 MB", after: "300 MB", inPlace: true, lower: false },
    { name: "Processor set aside", before: "0.02 cores", after: "0.05 cores", inPlace: true, lower: false },
  ]);
  expect(gainInWords(quotaWith({ always_running: true }), quotaWith({}))).toBe("another quota");
});

test("a change is told in words, and what somebody gets by it in a sentence", () => {
  const [before, after] = [
    quotaWith({}),
    quotaWith({ ram: 2.5, gpu: { num: 2 }, pool: "lab", ext_rw: true, patch: '[{"op":"test","path":"/a","value":1}]' }),
  ];
  expect(toldChanges(before, after).map((change) => `${change.name}: ${change.before} → ${change.after}`)).toEqual([
    "Memory: 2 GB → 2.5 GB",
    "Graphics processors: none → 2",
    "Pool of machines: none → lab",
    "May write the shared software: no → yes",
    "Changes of its pod: none → 1",
  ]);
  expect(gainInWords(before, after)).toBe(
    "2.5 GB of memory, 2 graphics processors, shared software that it may change, other settings of its pod, a machine of the pool lab",
  );
  expect(fieldValue("cpu_limit", 1)).toBe("1 core");
});
