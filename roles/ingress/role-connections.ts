/** The kept connections to roles: made within a bounded time, and none is ever waited for. */

import { Agent } from "node:http";
import type { Life } from "../../src/core/life.ts";
import { connectTo } from "../../src/net/proxy/upstream-connection.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** Roles keep theirs for 75 seconds. */
const IDLE_MS = 30_000;

export class RoleConnections {
  /** Without a bound of its own: it would queue. Requests are counted before they come here. */
  readonly agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, timeout: IDLE_MS });

  constructor(life: Life) {
    this.agent.createConnection = ({ host, port }) =>
      connectTo({ host: host ?? "", port: Number(port), connectTimeoutMs: CONNECT_TIMEOUT_MS });
    life.defer("connections to roles", () => this.agent.destroy());
  }

  /** Closes the idle connections to a role of which one was gone: it may have been started anew. */
  forgetIdle(origin: string): void {
    const { hostname, port } = new URL(origin);
    for (const socket of this.agent.freeSockets[this.agent.getName({ host: hostname, port })] ?? []) socket.destroy();
  }
}
