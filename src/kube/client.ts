/** The one Kubernetes client of a process: what `Kube` promises, as requests of the wire. */

import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import { Calls } from "./calls.ts";
import type { KubeConfig } from "./config.ts";
import { ClientHealth } from "./health.ts";
import { readApiServer } from "./kubeconfig.ts";
import { dropLateStreams } from "./late-streams.ts";
import { ListWatchReflector } from "./reflector.ts";
import { openReflectorMetrics } from "./reflector-metrics.ts";
import { Transport } from "./transport.ts";
import type { Kube } from "./types.ts";

export interface KubeClientOptions {
  config: KubeConfig;
  metrics: Metrics;
  log: Logger;
}

/**
 * Opens the client: reads where the API server is, and connects when first asked something.
 * @throws AppError `invalid` when no usable API server is named.
 */
export async function openKube(life: Life, { config, metrics, log }: KubeClientOptions): Promise<Kube> {
  const apiServer = await readApiServer(config);
  dropLateStreams(life);
  const transport = new Transport(life, { apiServer, config, metrics, log });
  const { namespace } = apiServer;
  const calls = new Calls(transport, namespace);
  const reflectorMetrics = openReflectorMetrics(metrics);
  const health = new ClientHealth(life, {
    reach: transport.reach,
    caches: reflectorMetrics.open,
    ask: () => calls.serverVersion(),
    askAnew: () => transport.askAnew(),
    patienceMs: config.patienceSeconds * 1_000,
    log,
  });
  return {
    namespace,
    health,
    get: (resource, name) => calls.get(resource, name),
    list: (resource, selection) => calls.list(resource, selection),
    create: (resource, body, options) => calls.create(resource, body, options),
    apply: (resource, body) => calls.apply(resource, body),
    patch: (resource, name, patch) => calls.patch(resource, name, patch),
    resizePod: (name, wish) => calls.resizePod(name, wish),
    delete: (resource, name, options) => calls.delete(resource, name, options),
    podLog: (name, options) => calls.podLog(name, options),
    mayI: (access) => calls.mayI(access),
    serverVersion: () => calls.serverVersion(),
    openReflector: (life, options) =>
      new ListWatchReflector(life, { source: calls, options, metrics: reflectorMetrics, log }),
  };
}
