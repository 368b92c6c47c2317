import { expect, test } from "@jest/globals";
import type { KubeNode, Pod } from "../../kube/types.ts";
import { nodesFact } from "../../protocol/cluster.ts";
import { summaryOf } from "./node-summary.ts";

const node = (name: string, more: Partial<KubeNode> = {}): KubeNode => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "kubernetes.io/hostname": name, "cocalc-pool": "large" } },
  status: {
    conditions: [{ type: "Ready", status: "True" }],
    allocatable: { cpu: "3500m", memory: "8Gi", pods: "110", "nvidia.com/gpu": "2", "hugepages-2Mi": "0" },
  },
  ...more,
});

const pod = (nodeName: string | undefined, spec: object, phase: "Running" | "Failed" = "Running"): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  spec: { ...(nodeName && { nodeName }), containers: [], ...spec },
  status: { phase },
});
const asking = (requests: Record<string, string>) => ({ name: "c", resources: { requests } });

test("a node has what it offers, less what the pods on it ask for", () => {
  const projects = [
    pod("a", { containers: [asking({ cpu: "100m", memory: "1Gi", "nvidia.com/gpu": "1" })] }),
    pod("a", {
      containers: [asking({ cpu: "0.2" })],
      initContainers: [asking({ cpu: "1", memory: "1Mi" }), { ...asking({ cpu: "100m" }), restartPolicy: "Always" }],
      overhead: { memory: "1Mi" },
    }),
    pod("a", { containers: [asking({ cpu: "9" })] }, "Failed"),
    pod(undefined, { containers: [asking({ cpu: "9" })] }),
  ];
  const { nodes, all_pods } = summaryOf([node("b"), node("a")], projects, { all_pods: "refused" });
  expect(all_pods).toBe("refused");
  expect(nodes.map(({ name }) => name)).toEqual(["a", "b"]);
  expect(nodes[0]).toMatchObject({
    ready: true,
    schedulable: true,
    labels: { "cocalc-pool": "large" },
    allocatable: { cpu: 3.5, memory: 8 * 2 ** 30, pods: 110, extended: { "nvidia.com/gpu": 2 } },
    requested: { cpu: 1.1, memory: 2 ** 30 + 2 * 2 ** 20, pods: 2, extended: { "nvidia.com/gpu": 1 } },
    requested_by_all: null,
  });
  expect(nodes[1]?.requested).toEqual({ cpu: 0, memory: 0, pods: 0, extended: {} });
  const others = [...projects, pod("b", { containers: [asking({ memory: "2Gi" })] })];
  expect(summaryOf([node("b")], projects, { all_pods: "counted", pods: others })).toMatchObject({
    all_pods: "counted",
    nodes: [{ requested_by_all: { memory: 2 * 2 ** 30, pods: 1 } }],
  });
});

test("what speaks against a node is told, and what is told is bounded", () => {
  const images = Array.from({ length: 30 }, (_, index) => ({ names: [`r/i@sha256:${index}`, `r/i:${index}`] }));
  const told = summaryOf(
    [
      node("n", {
        spec: { unschedulable: true, taints: [{ key: "k", effect: "NoExecute" }] },
        status: {
          conditions: [
            { type: "Ready", status: "Unknown" },
            { type: "DiskPressure", status: "True" },
          ],
          images,
        },
      }),
    ],
    [],
    { all_pods: "not asked" },
  );
  expect(told.nodes[0]).toMatchObject({
    ready: false,
    schedulable: false,
    pressure: ["disk"],
    taints: [{ key: "k", value: "", effect: "NoExecute" }],
    images: images.slice(0, 20).map((_, index) => `r/i:${index}`),
    images_left_out: 10,
  });
  const many = summaryOf(
    Array.from({ length: 502 }, (_, index) => node(`n${index}`)),
    [],
    { all_pods: "not asked" },
  );
  expect([many.nodes.length, many.left_out]).toEqual([500, 2]);
  expect(nodesFact.parse(many)).toEqual(many);
});
