/** The contract suite against the embedded API. */

import { openKubeApi } from "../../../src/local/kube-api/kube-api.ts";
import { describeKubeContract } from "../../contract/kube-contract.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { testLog } from "../../helpers/log.ts";

const VERSIONS_KEPT_SECONDS = 2;

describeKubeContract("the embedded one", {
  versionsKeptSeconds: VERSIONS_KEPT_SECONDS,
  open: async (life) => {
    const { kubeconfig, namespace } = await openKubeApi(life, {
      dataDir: await temporaryFolder(life),
      namespace: "contract",
      log: testLog(),
      versionsKeptSeconds: VERSIONS_KEPT_SECONDS,
    });
    return { kubeconfig, namespace };
  },
});
