/** One port for everything: sends each path to the role that owns it, by the one route table, and knows nothing else. */

import { counter } from "../../src/core/metrics.ts";
import { Joined } from "../../src/net/proxy/joined.ts";
import { Upstreams } from "../../src/net/proxy/upstreams.ts";
import { AddressLimit } from "../../src/net/serve/address-limit.ts";
import { serveHttp } from "../../src/net/serve/serve.ts";
import { defineRole } from "../define-role.ts";
import { ingressConfig } from "./config.ts";
import { Ingress } from "./ingress.ts";

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
    const { maxPerAddress: most, maxConnections, trustedProxies } = config;
    // By way of a proxy of ours, one connection serves many visitors, one after the other: their requests are what fills us then.
    const room = () => maxConnections - Math.max(serving.connections(), limit.size);
    const limit = new AddressLimit({ most, room, trustedProxies, onRefused: () => refused.inc() });
    const upstreams = new Upstreams(life, { maxRequests: maxConnections, maxUpgrades: maxConnections });
    const serving = await serveHttp(life, {
      name: "ingress",
      listen,
      log,
      requestTimeoutMs: 0,
      maxConnections,
      connected: (socket) => limit.connected(socket),
      handle: (request, response) => ingress.handle(request, response),
      handleQuick: (request, response) => ingress.handle(request, response),
      upgrade: (request, socket, head) => ingress.upgrade(request, socket, head),
    });
    const ingress = new Ingress({ log, upstreams, limit, joined: new Joined(life), config, originOf: addresses.of });
    addresses.announce("ingress", serving.origin);
  },
});
