/**
 * The contract suite against a real kube-apiserver, in a namespace of its own: `TEST_KUBECONFIG` names the cluster,
 * `TEST_POD_IMAGE` an image its nodes have (without it nothing that runs is tested), `TEST_KUBE_VERSIONS_KEPT_SECONDS`
 * how often its etcd is compacted (without it the expiry of pages is not tested).
 */

import { environment } from "../../src/core/env.ts";
import type { Life } from "../../src/core/life.ts";
import { describeKubeContract } from "./kube-contract.ts";
import { type ContractTarget, uniqueName } from "./target.ts";
import { openWire } from "./wire.ts";

const { TEST_KUBECONFIG, TEST_POD_IMAGE, TEST_KUBE_VERSIONS_KEPT_SECONDS } = environment();

describeKubeContract("a real kube-apiserver", {
  open: openNamespace,
  real: true,
  ...(TEST_POD_IMAGE && { kubelet: { image: TEST_POD_IMAGE } }),
  ...(TEST_KUBE_VERSIONS_KEPT_SECONDS && { versionsKeptSeconds: Number(TEST_KUBE_VERSIONS_KEPT_SECONDS) }),
});

/** A namespace that is deleted with the life, with the service account that pods are admitted under. */
export async function openNamespace(life: Life): Promise<ContractTarget> {
  if (!TEST_KUBECONFIG) throw new Error("TEST_KUBECONFIG has to name the kubeconfig of a cluster");
  const wire = await openWire(life, TEST_KUBECONFIG);
  const namespace = uniqueName("contract");
  const made = await wire.send("POST", "/api/v1/namespaces", {
    body: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
  });
  if (made.status !== 201) throw new Error(`the namespace ${namespace} cannot be made: ${made.text}`);
  life.defer("namespace", async () => {
    await wire.send("DELETE", `/api/v1/namespaces/${namespace}`);
  });
  // Where no controller-manager runs, nobody else makes it; else this is a conflict, which is well.
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await wire.send("POST", accounts, {
    body: { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } },
  });
  return { kubeconfig: TEST_KUBECONFIG, namespace };
}
