/** One port for everything: sends each path to the role that owns it, by the one route table, and knows nothing else. */

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
  async start(life, { log, listen, addresses }, config) {
    const upstreams = new Upstreams(life, { maxRequests: MAX_REQUESTS, maxUpgrades: 20_000 });
    const { origin } = await serveHttp(life, {
      name: "ingress",
      listen,
      log,
      requestTimeoutMs: 0,
      handle: (request, response) => ingress.handle(request, response),
      upgrade: (request, socket, head) => ingress.upgrade(request, socket, head),
    });
    const ingress = new Ingress({ log, upstreams, joined: new Joined(life), config, originOf: addresses.of });
    addresses.announce("ingress", origin);
  },
});
