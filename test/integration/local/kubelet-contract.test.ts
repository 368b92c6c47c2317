/** The embedded Kubernetes with its process kubelet keeps the contract, pods that run included. */

import { join } from "node:path";
import { openKubeApi } from "../../../src/local/kube-api/kube-api.ts";
import { openKubelet } from "../../../src/local/kubelet/kubelet.ts";
import { describeKubeContract } from "../../contract/kube-contract.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { testLog } from "../../helpers/log.ts";

const IMAGE = "localhost/shell:1";

describeKubeContract("embedded, with a kubelet", {
  kubelet: { image: IMAGE },
  async open(life) {
    const dataDir = await temporaryFolder(life);
    const log = testLog();
    const api = await openKubeApi(life, { dataDir: join(dataDir, "api"), namespace: "contract", log });
    await openKubelet(life, {
      api,
      dataDir: join(dataDir, "kubelet"),
      claimsDir: join(dataDir, "volumes"),
      images: new Map([[IMAGE, { command: [] }]]),
      log,
    });
    return { kubeconfig: api.kubeconfig, namespace: api.namespace };
  },
});
