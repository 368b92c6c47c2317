/** Takes browsers to projects: files, terminals and documents of a project's own server, and the web servers that people run in it. */

import { messageOf } from "../../src/core/errors.ts";
import { openAccess } from "../../src/domain/access/access.ts";
import { Assertions } from "../../src/domain/project-servers/assertions.ts";
import { Whereabouts } from "../../src/domain/project-servers/whereabouts.ts";
import { signingKey } from "../../src/domain/signing-keys/signing-keys.ts";
import { LatestStarts } from "../../src/domain/starts/latest-start.ts";
import { Upstreams } from "../../src/net/proxy/upstreams.ts";
import { serveHttp } from "../../src/net/serve/serve.ts";
import { defineRole } from "../define-role.ts";
import { proxyConfig } from "./config.ts";
import { requestWatch } from "./observe.ts";
import { ProjectProxy } from "./project-proxy.ts";
import { RequestReader } from "./reading.ts";

export default defineRole({
  name: "hub-proxy",
  summary: "Takes browsers to their projects: files, terminals, documents, and the web servers in them.",
  needs: { db: true, http: true },
  config: proxyConfig,
  async start(life, parts, config) {
    const { log, metrics, listen, addresses } = parts;
    const db = await parts.db();
    const access = await openAccess(life, db, { log });
    const { maxRequests, maxUpgrades, connectTimeoutMs } = config;
    const upstreams = new Upstreams(life, { maxRequests, maxUpgrades, connectTimeoutMs });
    const whereabouts = await Whereabouts.open(life, db, {
      onChange: (projectId) => void leaveOldPlace(projectId),
      onMissed: () => {
        for (const projectId of upstreams.groups()) void leaveOldPlace(projectId);
      },
    });
    /** Connections to a pod that is gone may hang for long: they end when the row says so. */
    async function leaveOldPlace(projectId: string): Promise<void> {
      if (!upstreams.has(projectId)) return;
      try {
        const { ip } = await whereabouts.of(projectId);
        upstreams.leave(projectId, { exceptHost: ip });
      } catch (error) {
        log.warn({ projectId, reason: messageOf(error) }, "a project's new place could not be looked up");
      }
    }
    const assertions = new Assertions(() => signingKey(db));
    const starts = new LatestStarts(db);
    const reader = new RequestReader(config);
    const proxy = new ProjectProxy(life, {
      db,
      log,
      access,
      whereabouts,
      starts,
      assertions,
      upstreams,
      reader,
      config,
    });
    const { origin } = await serveHttp(life, {
      name: "hub-proxy",
      listen,
      log,
      watch: requestWatch({ log, metrics, reader }),
      requestTimeoutMs: 0,
      handle: (request, response) => proxy.handle(request, response),
      handleQuick: (request, response) => proxy.handle(request, response),
      upgrade: (request, socket, head) => proxy.upgrade(request, socket, head),
    });
    addresses.announce("hub-proxy", origin);
  },
});
