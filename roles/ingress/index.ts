/** One port for everything: sends each path to the role that owns it, by the one route table, and knows nothing else. */

import { counter } from "../../src/core/metrics.ts";
import { AddressLimit } from "../../src/net/serve/address-limit.ts";
import { serveHttp } from "../../src/net/serve/serve.ts";
import { defineRole } from "../define-role.ts";
import { ingressConfig } from "./config.ts";
import { Ingress } from "./ingress.ts";
import { requestWatch } from "./observe.ts";
import { RoleBounds } from "./role-bounds.ts";
import { ToRoles } from "./to-roles.ts";

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
    const { maxPerAddress: most, maxPerRole, maxConnections, trustedProxies } = config;
    let connections = 0;
    // By way of a proxy of ours, one connection serves many visitors, one after the other: their requests are what fills us then.
    const room = () => maxConnections - Math.max(connections, limit.size);
    const limit: AddressLimit = new AddressLimit({ most, room, trustedProxies, onRefused: () => refused.inc() });
    const bounds = new RoleBounds(maxPerRole);
    const ingress = new Ingress({ log, toRoles: new ToRoles(life), bounds, limit, config, originOf: addresses.of });
    const { origin } = await serveHttp(life, {
      name: "ingress",
      listen,
      log,
      watch: requestWatch({ log, metrics, config }),
      requestTimeoutMs: 0,
      maxConnections,
      connected: (socket) => {
        connections += 1;
        socket.once("close", () => {
          connections -= 1;
        });
        limit.connected(socket);
      },
      handle: (request, response) => ingress.handle(request, response),
      upgrade: (request, socket, head) => ingress.upgrade(request, socket, head),
    });
    addresses.announce("ingress", origin);
  },
});
