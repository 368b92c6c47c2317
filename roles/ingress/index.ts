/** One port for everything: sends each path to the role that owns it, by the one route table, and knows nothing else. */

import { counter } from "../../src/core/metrics.ts";
import { AddressLimit } from "../../src/net/address-limit.ts";
import { Joined } from "../../src/net/joined.ts";
import { serveHttp } from "../../src/net/serve.ts";
import { Upstreams } from "../../src/net/upstreams.ts";
import { defineRole } from "../define-role.ts";
import { ingressConfig } from "./config.ts";
import { Ingress } from "./ingress.ts";

/** The roles check and limit; here only a flood is stopped. */
const MAX_REQUESTS = 10_000;

export default defineRole({
  name: "ingress",
  summary: "One port for everything: sends each path to the role that owns it.",
  needs: { http: true },
  config: ingressConfig,
  async start(life, { log, metrics, listen, addresses }, config) {
    const refused = counter(metrics, {
      name: "cocalc_ingress_refused_total",
      help: "Connections and requests refused because their address held too many.",
    });
    const { maxPerAddress: most, trustedProxies } = config;
    const limit = new AddressLimit({ most, trustedProxies, onRefused: () => refused.inc() });
    const upstreams = new Upstreams(life, { maxRequests: MAX_REQUESTS, maxUpgrades: 20_000 });
    const { origin } = await serveHttp(life, {
      name: "ingress",
      listen,
      log,
      requestTimeoutMs: 0,
      connected: (socket) => limit.connected(socket),
      handle: (request, response) => ingress.handle(request, response),
      handleQuick: (request, response) => ingress.handle(request, response),
      upgrade: (request, socket, head) => ingress.upgrade(request, socket, head),
    });
    const ingress = new Ingress({ log, upstreams, limit, joined: new Joined(life), config, originOf: addresses.of });
    addresses.announce("ingress", origin);
  },
});
