/** A namespace of its own on a real cluster, for one run of tests. */

import type { Life } from "../../src/core/life.ts";
import { type ContractTarget, uniqueName } from "./target.ts";
import { openWire } from "./wire.ts";

/** Makes a namespace that is deleted with the life, with the service account that pods are admitted under. */
export async function openNamespace(life: Life, kubeconfig: string): Promise<ContractTarget> {
  const wire = await openWire(life, kubeconfig);
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
  return { kubeconfig, namespace };
}
