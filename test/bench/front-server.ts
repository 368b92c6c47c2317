/**
 * A program for benchmarks, from the sources: `ingress` as it is, or the same with our own forwarding over shared connections, as it was before
 * http-proxy-middleware. `node front-server.ts ingress|forwarding PORT ORIGIN`, where ORIGIN is of a server that stands for every role.
 */

import type { Duplex } from "node:stream";
import { ingressConfig } from "../../roles/ingress/config.ts";
import { requestWatch } from "../../roles/ingress/observe.ts";
import { routeOfRequest } from "../../roles/ingress/route.ts";
import { roleNames } from "../../roles/names.ts";
import { readConfig } from "../../src/core/config.ts";
import { Life } from "../../src/core/life.ts";
import { openMetrics } from "../../src/core/metrics.ts";
import type { HttpRequest, HttpResponse } from "../../src/net/http-message.ts";
import { forward } from "../../src/net/proxy/forward.ts";
import { forwardUpgrade } from "../../src/net/proxy/forward-upgrade.ts";
import { Upstreams } from "../../src/net/proxy/upstreams.ts";
import { AddressLimit } from "../../src/net/serve/address-limit.ts";
import { endUpgrade } from "../../src/net/serve/last-words.ts";
import { sendError } from "../../src/net/serve/plain-page.ts";
import { type Listen, serveHttp } from "../../src/net/serve/serve.ts";
import { clientOf } from "../../src/net/visitor/forwarded.ts";
import { testLog } from "../helpers/log.ts";
import { startRole } from "../helpers/roles.ts";

const [what = "", port = "", origin = ""] = process.argv.slice(2);
const life = new Life(what);
const listen = { host: "127.0.0.1", port: Number(port) };
if (what === "ingress") {
  await startRole(life, "ingress", { origins: Object.fromEntries(roleNames.map((name) => [name, origin])), listen });
} else await serveForwarding(listen);

/** Routes, counts and limits as ingress does, and passes on by itself. */
async function serveForwarding(listen: Listen): Promise<void> {
  const [config, log, metrics] = [readConfig(ingressConfig, {}), testLog(), openMetrics({ defaults: false })];
  const { maxConnections, maxPerAddress: most, maxPerRole, trustedProxies } = config;
  const upstreams = new Upstreams(life, { maxRequests: maxPerRole, maxUpgrades: maxPerRole });
  const room = () => maxConnections - limit.size;
  const limit: AddressLimit = new AddressLimit({ most, room, trustedProxies, onRefused: () => {} });
  const passed = (request: HttpRequest, ends: HttpResponse | Duplex, use: "request" | "upgrade") => {
    const client = clientOf(request, config);
    ends.once("close", limit.enter(request, client.address, { isUpgrade: use === "upgrade" }));
    const upstream = upstreams.enter(routeOfRequest(request, config).role, origin, use);
    return { upstream, path: request.url ?? "/", client };
  };
  const handle = (request: HttpRequest, response: HttpResponse) =>
    void forward(request, response, {
      ...passed(request, response, "request"),
      onError: (error) => sendError(request, response, { error }),
    });
  await serveHttp(life, {
    name: what,
    listen,
    log,
    watch: requestWatch({ log, metrics, config }),
    requestTimeoutMs: 0,
    maxConnections,
    connected: (socket) => limit.connected(socket),
    handle,
    handleQuick: handle,
    upgrade: (request, socket, head) =>
      void forwardUpgrade(request, socket, {
        ...passed(request, socket, "upgrade"),
        head,
        onError: (error) => endUpgrade(socket, error.status, error.message),
      }),
  });
}
