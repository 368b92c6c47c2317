/** Pods that are wrong are refused with the field and the reason; those that are right get Kubernetes' defaults. */

import { expect, test } from "@jest/globals";
import { unknownFields } from "./known-fields.ts";
import { podProblems, withPodDefaults } from "./pod-rules.ts";
import type { ApiObject } from "./types.ts";

const pod = (container: object, spec: object = {}): ApiObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  spec: { containers: [{ name: "main", image: "i", ...container }], ...spec },
});

test.each<[string, ApiObject, string]>([
  ["no image", pod({ image: "" }), "spec.containers[0].image: Required value"],
  [
    "a name twice",
    pod(
      {},
      {
        containers: [
          { name: "a", image: "i" },
          { name: "a", image: "i" },
        ],
      },
    ),
    'Duplicate value: "a"',
  ],
  ["a mount without volume", pod({ volumeMounts: [{ name: "v", mountPath: "/v" }] }), 'Not found: "v"'],
  [
    "a request above its limit",
    pod({ resources: { requests: { memory: "2Gi" }, limits: { memory: "1Gi" } } }),
    "memory limit of 1Gi",
  ],
  [
    "a quantity that is none",
    pod({ resources: { limits: { cpu: "much" } } }),
    "spec.containers[0].resources.limits[cpu]",
  ],
  ["a probe that does nothing", pod({ readinessProbe: { periodSeconds: 1 } }), "must specify a handler type"],
  ["an unknown restart policy", pod({}, { restartPolicy: "Sometimes" }), 'supported values: "Always"'],
])("%s is refused", (_what, wrong, message) => {
  expect(
    podProblems(wrong)
      .map((cause) => `${cause.field}: ${cause.message}`)
      .join(),
  ).toContain(message);
});

test("a right pod has no problems, and gets defaults", () => {
  const right = pod({ resources: { limits: { cpu: "1", memory: "1Gi" } } });
  expect(podProblems(right)).toEqual([]);
  expect(withPodDefaults(right)).toMatchObject({
    spec: {
      restartPolicy: "Always",
      terminationGracePeriodSeconds: 30,
      containers: [{ imagePullPolicy: "Always", resources: { requests: { cpu: "1", memory: "1Gi" } } }],
    },
    status: { phase: "Pending", qosClass: "Guaranteed" },
  });
});

test("fields that no pod has are found at any depth that we know", () => {
  const typo = pod({ readinessProbe: { httpget: {} }, env: [{ name: "A", vaule: "" }] }, { restartPolicie: "Never" });
  expect(unknownFields(typo)).toEqual([
    "spec.restartPolicie",
    "spec.containers[0].env[0].vaule",
    "spec.containers[0].readinessProbe.httpget",
  ]);
});
