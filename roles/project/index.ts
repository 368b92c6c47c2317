/** The server inside each project's pod: files, terminals, shared documents, programs and status, for callers whom a hub vouches for. */

import { defineRole } from "../define-role.ts";
import { projectConfig } from "./config.ts";
import { serveProject } from "./server.ts";

export default defineRole({
  name: "project",
  summary: "The server inside a project's pod: files, terminals, shared documents, programs, status.",
  needs: { http: true },
  config: projectConfig,
  async start(life, { listen, log, addresses }, config) {
    const address = { ...listen, host: config.podIp ?? listen.host, port: config.port };
    const serving = await serveProject(life, { config, listen: address, log });
    addresses.announce("project", serving.origin);
  },
});
