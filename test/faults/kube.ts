/** One fault on all connections of a client of the Kubernetes API, and what has to work afterwards: calls and the watch. */

import { Life } from "../../src/core/life.ts";
import { configMaps } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import { type ContractTarget, uniqueName } from "../contract/target.ts";
import { openKubeTcpProxy, openTestKube } from "../helpers/kube.ts";
import { type FaultKind, seeded } from "../helpers/tcp-proxy.ts";
import { until } from "../helpers/until.ts";

interface Fault {
  api: ContractTarget;
  /** A client that no fault touches. */
  direct: Kube;
  kind: FaultKind;
  seed: number;
  /** It lasts for between so many milliseconds and so many; the seed decides. */
  betweenMs: readonly [number, number];
}

/** Opens a client, lets the fault befall it while it is asked without pause, and waits until it works again. */
export async function outliveFault(life: Life, { api, direct, kind, seed, betweenMs }: Fault): Promise<void> {
  const random = seeded(seed);
  const { proxy, kubeconfig } = await openKubeTcpProxy(life, api.kubeconfig);
  const kube = await openTestKube(life, { ...api, kubeconfig, config: { callDeadlineSeconds: 4 } });
  const set = uniqueName("faults");
  const reflector = kube.openReflector(life, { resource: configMaps, labelSelector: `set=${set}` });
  await reflector.synced;
  const askers = new Life("askers");
  const ask = async (signal: AbortSignal) => {
    while (!signal.aborted) await kube.serverVersion().catch(() => {}); // what counts is how it is afterwards
  };
  for (const asker of ["one", "another"]) askers.run(asker, ask);
  await proxy.fault(kind, random);
  const [least, most] = betweenMs;
  const endsAt = Date.now() + least + random() * (most - least);
  await until(() => Date.now() > endsAt, { timeoutMs: most + 30_000 });
  await proxy.heal();
  await askers.stop();
  await until(() => kube.serverVersion().catch(() => false), { what: `the client reaches the server after ${kind}` });
  const name = `${set}-after`;
  await direct.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels: { set } } });
  await until(() => reflector.get(name), { what: `the watch goes on after ${kind}` });
}
