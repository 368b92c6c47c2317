/** Contract: who may, what the server is; refusals by RBAC where there are other identities than ours. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { readApiServer } from "../../src/kube/kubeconfig.ts";
import { pods, podsEverywhere } from "../../src/kube/resources.ts";
import { kubeStatusOf } from "../../src/kube/status.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { until } from "../helpers/until.ts";
import { type ContractFeatures, kubeConfigFor, openSubject, type Subject, uniqueName, waitingPod } from "./target.ts";

export function describeAccess(subject: () => Subject, { real = false }: ContractFeatures): void {
  describe("access", () => {
    test("the server tells its version", async () => {
      expect(await subject().kube.serverVersion()).toMatch(/^v1\.\d+\.\d+/);
    });

    test("what we may do is told when asked", async () => {
      expect(await subject().kube.mayI({ verb: "create", resource: "pods" })).toBe(true);
      expect(await subject().kube.mayI({ verb: "get", resource: "pods", subresource: "log" })).toBe(true);
      expect(await subject().kube.mayI({ verb: "list", resource: "nodes", namespaced: false })).toBe(true);
    });

    test("a token that is none is refused with 401 and a Status", async () => {
      const { wire, path } = subject();
      const answer = await wire.send("GET", path("pods"), { token: "nonsense" });
      expect(answer).toMatchObject({ status: 401, body: { kind: "Status", reason: "Unauthorized" } });
    });

    if (real) describeRoles(subject);
  });
}

function describeRoles(subject: () => Subject): void {
  test("a service account does what its role says and is refused all else", async () => {
    const reader = await readerOfPods(subject());
    const name = uniqueName("read");
    await subject().kube.create(pods, waitingPod(name));
    const read = await until(() => reader.kube.get(pods, name).catch(() => undefined)); // roles take a moment to be known
    expect(read.metadata.name).toBe(name);
    expect(await reader.kube.mayI({ verb: "create", resource: "pods" })).toBe(false);
    const error = await reader.kube.create(pods, waitingPod(uniqueName("refused"))).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "forbidden" });
    expect(kubeStatusOf(error)).toMatchObject({ code: 403, reason: "Forbidden" });
    await expect(reader.kube.list(podsEverywhere)).rejects.toMatchObject({ code: "forbidden" });
    expect(await reader.kube.mayI({ verb: "list", resource: "pods", namespaced: false })).toBe(false);
    await expect(reader.kube.podLog(name)).rejects.toMatchObject({ code: "forbidden" });
    await expect(reader.kube.delete(pods, name)).rejects.toMatchObject({ code: "forbidden" });
  });

  test("a watch that is not allowed is refused as a status, not within the stream", async () => {
    const reader = await readerOfPods(subject());
    const watch = await reader.wire.watch(reader.path("secrets"), {});
    expect(watch.status).toBe(403);
  });
}

/** A subject whose identity is a service account that may get, list and watch pods. */
async function readerOfPods({ wire, namespace, kubeconfig, life }: Subject): Promise<Subject> {
  const name = uniqueName("reader");
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name } };
  const roles = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await wire.send("POST", account, { body: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } } });
  await wire.send("POST", `${roles}/roles`, {
    body: { ...rbac, kind: "Role", rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }] },
  });
  await wire.send("POST", `${roles}/rolebindings`, {
    body: {
      ...rbac,
      kind: "RoleBinding",
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  });
  const { body } = await wire.send("POST", `${account}/${name}/token`, {
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 3600 } },
  });
  const { cluster } = await readApiServer(kubeConfigFor(kubeconfig));
  const file = join(await temporaryFolder(life), "kubeconfig");
  const document = {
    clusters: [
      {
        name: "c",
        cluster: {
          server: cluster.server,
          "certificate-authority": cluster.caFile,
          "certificate-authority-data": cluster.caData,
        },
      },
    ],
    users: [{ name: "u", user: { token: body.status?.token } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u", namespace } }],
    "current-context": "x",
  };
  await writeFile(file, JSON.stringify(document), { mode: 0o600 });
  return openSubject(life, { kubeconfig: file, namespace });
}
