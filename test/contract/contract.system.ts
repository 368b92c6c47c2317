/**
 * The contract suite against a real kube-apiserver, in a namespace of its own: `TEST_KUBECONFIG` names the cluster,
 * `TEST_POD_IMAGE` an image its nodes have (without it nothing that runs is tested), `TEST_KUBE_VERSIONS_KEPT_SECONDS`
 * how often its etcd is compacted (without it the expiry of pages is not tested).
 */

import { environment } from "../../src/core/env.ts";
import { describeKubeContract } from "./kube-contract.ts";
import { openNamespace } from "./namespace.ts";

const { TEST_KUBECONFIG, TEST_POD_IMAGE, TEST_KUBE_VERSIONS_KEPT_SECONDS } = environment();

describeKubeContract("a real kube-apiserver", {
  open(life) {
    if (!TEST_KUBECONFIG) throw new Error("TEST_KUBECONFIG has to name the kubeconfig of a cluster");
    return openNamespace(life, TEST_KUBECONFIG);
  },
  real: true,
  ...(TEST_POD_IMAGE && { kubelet: { image: TEST_POD_IMAGE } }),
  ...(TEST_KUBE_VERSIONS_KEPT_SECONDS && { versionsKeptSeconds: Number(TEST_KUBE_VERSIONS_KEPT_SECONDS) }),
});
