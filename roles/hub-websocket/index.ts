/** Keeps browsers up to date on their account, projects and starts, and takes their requests; one socket for each tab. */

import { openAccess } from "../../src/domain/access/access.ts";
import { ActionBudget } from "../../src/domain/projects/action-budget.ts";
import { LatestStarts } from "../../src/domain/starts/latest-start.ts";
import { serveHttp } from "../../src/net/serve/serve.ts";
import { defineRole } from "../define-role.ts";
import { Audience } from "./audience.ts";
import { Changes } from "./changes.ts";
import { websocketConfig } from "./config.ts";
import { HubServer } from "./hub-server.ts";

/** A moment more for those who leave last. */
const LAST_MS = 500;
const LOOK_EVERY_MS = 50;

/** Sends all browsers away, each at a moment of its own, and waits until they have gone. */
async function leave(audience: Audience, changes: Changes, withinMs: number): Promise<void> {
  changes.tellDraining(withinMs);
  const endsAt = performance.now() + withinMs + LAST_MS;
  while (withinMs > 0 && audience.size > 0 && performance.now() < endsAt) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export default defineRole({
  name: "hub-websocket",
  summary: "Keeps browsers up to date on their account, projects and starts.",
  needs: { db: true, http: true },
  config: websocketConfig,
  async start(life, { db: openDb, log, metrics, listen, addresses }, config) {
    const db = await openDb();
    const access = await openAccess(life, db, { log });
    const audience = new Audience();
    const starts = new LatestStarts(db);
    const changes = await Changes.open(life, { db, log, access, audience, starts });
    life.onDrain("browsers", () => leave(audience, changes, config.drainSeconds * 1_000));
    const hub = new HubServer({ db, log, metrics, access, audience, starts, actions: new ActionBudget(), config });
    const { origin } = await serveHttp(life, {
      name: "hub-websocket",
      listen,
      log,
      requestTimeoutMs: 20_000, // nothing here takes a body
      handle: (request, response) => hub.handle(request, response),
      upgrade: (request, socket, head) => hub.upgrade(request, socket, head),
      letGo: () => hub.close(),
    });
    addresses.announce("hub-websocket", origin);
  },
});
