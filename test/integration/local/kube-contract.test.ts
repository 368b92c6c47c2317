/** The embedded Kubernetes API keeps the contract that a real kube-apiserver keeps. */

import { openKubeApi } from "../../../src/local/kube-api/kube-api.ts";
import { describeKubeContract } from "../../contract/kube-contract.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { testLog } from "../../helpers/log.ts";

const VERSIONS_KEPT_SECONDS = 2;

describeKubeContract("embedded", {
  versionsKeptSeconds: VERSIONS_KEPT_SECONDS,
  async open(life) {
    const dataDir = await temporaryFolder(life);
    const { kubeconfig, namespace } = await openKubeApi(life, {
      dataDir,
      namespace: "contract",
      log: testLog(),
      versionsKeptSeconds: VERSIONS_KEPT_SECONDS,
    });
    return { kubeconfig, namespace };
  },
});
