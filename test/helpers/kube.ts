/** A Kubernetes API for tests (the embedded one, or with TEST_KUBECONFIG a real one), and clients and proxies of it. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { environment } from "../../src/core/env.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import { type Metrics, openMetrics } from "../../src/core/metrics.ts";
import { openKube } from "../../src/kube/client.ts";
import type { KubeConfig } from "../../src/kube/config.ts";
import { readApiServer } from "../../src/kube/kubeconfig.ts";
import type { Kube } from "../../src/kube/types.ts";
import { openKubeApi } from "../../src/local/kube-api/kube-api.ts";
import { openNamespace } from "../contract/namespace.ts";
import { type ContractTarget, kubeConfigFor } from "../contract/target.ts";
import { temporaryFolder } from "./folder.ts";
import { testLog } from "./log.ts";
import { openTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** An API server for one test file, without a kubelet: nothing runs. */
export async function openTestApi(life: Life): Promise<ContractTarget> {
  const { TEST_KUBECONFIG } = environment();
  if (TEST_KUBECONFIG) return openNamespace(life, TEST_KUBECONFIG);
  const dataDir = await temporaryFolder(life);
  const { kubeconfig, namespace } = await openKubeApi(life, { dataDir, namespace: "test", log: testLog() });
  return { kubeconfig, namespace };
}

export interface TestClient {
  kubeconfig: string;
  namespace: string;
  config?: Partial<KubeConfig>;
  log?: Logger;
  metrics?: Metrics;
}

/** A client of an API server. */
export function openTestKube(life: Life, options: TestClient): Promise<Kube> {
  const { kubeconfig, namespace, config, log = testLog(), metrics = openMetrics({ defaults: false }) } = options;
  return openKube(life, { config: { ...kubeConfigFor(kubeconfig), namespace, ...config }, metrics, log });
}

/** A kubeconfig like another, whose API server is at another URL. */
export async function kubeconfigAt(life: Life, kubeconfig: string, server: string): Promise<string> {
  const { cluster, user } = await readApiServer(kubeConfigFor(kubeconfig));
  return writeKubeconfig(life, {
    cluster: {
      server,
      "certificate-authority": cluster.caFile,
      "certificate-authority-data": cluster.caData,
    },
    user: {
      token: user.token,
      "client-certificate": user.certFile,
      "client-certificate-data": user.certData,
      "client-key": user.keyFile,
      "client-key-data": user.keyData,
    },
  });
}

/** A kubeconfig with one cluster and one user, as such files name their fields; gone with the life. */
export async function writeKubeconfig(
  life: Life,
  { cluster, user }: { cluster: object; user: object },
): Promise<string> {
  const document = {
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  const file = join(await temporaryFolder(life), "kubeconfig");
  await writeFile(file, JSON.stringify(document), { mode: 0o600 });
  return file;
}

/** A TCP proxy before an API server, and the kubeconfig that goes through it, TLS and all. */
export async function openKubeTcpProxy(
  life: Life,
  kubeconfig: string,
): Promise<{ proxy: TcpProxy; kubeconfig: string }> {
  const { cluster } = await readApiServer(kubeConfigFor(kubeconfig));
  const { hostname, port } = new URL(cluster.server);
  const proxy = await openTcpProxy(life, { host: hostname, port: Number(port) });
  return { proxy, kubeconfig: await kubeconfigAt(life, kubeconfig, `https://127.0.0.1:${proxy.port}`) };
}
