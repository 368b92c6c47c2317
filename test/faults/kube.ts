/** One fault on all connections of a client of the Kubernetes API, and what has to work afterwards: calls and the watch. */

import type { Life } from "../../src/core/life.ts";
import { configMaps } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import { type ContractTarget, uniqueName } from "../contract/target.ts";
import { openKubeTcpProxy, openTestKube } from "../helpers/kube.ts";
import { seeded } from "../helpers/tcp-proxy.ts";
import { until } from "../helpers/until.ts";
import { befall, type Fault } from "./fault.ts";

interface Site {
  api: ContractTarget;
  /** A client that no fault touches. */
  direct: Kube;
}

/** Opens a client, lets the fault befall it while it is asked without pause, and waits until it works again. */
export async function outliveKubeFault(life: Life, { api, direct }: Site, fault: Fault): Promise<void> {
  const { kind, seed } = fault;
  const { proxy, kubeconfig } = await openKubeTcpProxy(life, api.kubeconfig);
  const kube = await openTestKube(life, { ...api, kubeconfig, config: { callDeadlineSeconds: 4 } });
  const set = uniqueName("faults");
  const reflector = kube.openReflector(life, { resource: configMaps, labelSelector: `set=${set}` });
  await reflector.synced;
  const askers = life.child("askers");
  const ask = async (signal: AbortSignal) => {
    while (!signal.aborted) await kube.serverVersion().catch(() => {}); // what counts is how it is afterwards
  };
  for (const asker of ["one", "another"]) askers.run(asker, ask);
  await befall(proxy, fault, { random: seeded(seed) });
  await askers.stop();
  await until(() => kube.serverVersion().catch(() => false), { what: `the client reaches the server after ${kind}` });
  const name = `${set}-after`;
  await direct.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { set } } });
  await until(() => reflector.get(name), { what: `the watch goes on after ${kind}` });
}
