import { expect, test } from "@jest/globals";
import { eachRight, rightsInWords, rulesOf, together } from "./rights.ts";

const rights = together([
  { pods: ["get", "list"], nodes: ["get"] },
  { pods: ["list", "delete"], "pods/log": ["get"] },
]);

test("the rights of several are each there once", () => {
  expect(rights).toEqual({ pods: ["get", "list", "delete"], nodes: ["get"], "pods/log": ["get"] });
  expect(rightsInWords(rights)).toBe("pods get, list, delete; nodes get; pods/log get");
});

test("nodes and the pods of all namespaces are the cluster's, all else the namespace's", () => {
  const { namespaced, cluster } = rulesOf(rights);
  expect(namespaced.map(({ resources }) => resources)).toEqual([["pods"], ["pods/log"]]);
  expect(cluster).toEqual([{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }]);
  expect(eachRight(rights)).toContainEqual({ verb: "get", resource: "pods", subresource: "log", namespaced: true });
  expect(eachRight(rights)).toContainEqual({ verb: "get", resource: "nodes", namespaced: false });
  const everywhere = { pods: ["get"], "pods of all namespaces": ["list"] } as const;
  expect(rulesOf(everywhere)).toEqual({
    namespaced: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
    cluster: [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }],
  });
  expect(eachRight(everywhere)).toContainEqual({ verb: "list", resource: "pods", namespaced: false });
});
