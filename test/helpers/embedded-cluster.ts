/** The variables with which a role finds a Kubernetes API of this test's own. Nothing runs pods there. */

import type { Life } from "../../src/core/life.ts";
import { openTestApi } from "./kube.ts";

/** Opens an API server; `env` is for whoever uses it. */
export async function openEmbeddedCluster(life: Life): Promise<{ env: Record<string, string> }> {
  const { kubeconfig, namespace } = await openTestApi(life);
  return { env: { KUBECONFIG: kubeconfig, COCALC_NAMESPACE: namespace } };
}
