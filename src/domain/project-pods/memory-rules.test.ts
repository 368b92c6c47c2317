import { expect, test } from "@jest/globals";
import type { Pod } from "../../kube/types.ts";
import { memoryLimitOf } from "./memory-rules.ts";

test.each([
  ["1000Mi", 1_000 * 2 ** 20],
  ["1Gi", 2 ** 30],
  ["2G", 2e9],
  [undefined, null],
])("the limit of memory is told however the API server writes it: %s", (memory, expected) => {
  const resources = { limits: { cpu: "1", ...(memory && { memory }) } };
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "project" },
    spec: { containers: [{ name: "project", image: "any", resources }] },
  };
  expect(memoryLimitOf(pod)).toBe(expected);
});
