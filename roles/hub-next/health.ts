/** Whether the site works, for load balancers and whoever watches it: alive and healthcheck. They ask the database. */

import { Router } from "express";
import type { Hub } from "./hub.ts";

export function healthRouter(hub: Hub): Router {
  const router = Router();
  router.get("/alive", async (_request, response) => {
    const works = await databaseWorks(hub);
    response
      .status(works ? 200 : 404)
      .type("text/plain")
      .send(`alive: ${works ? "YES" : "NO, the database does not answer"}\n`);
  });
  router.get("/healthcheck", async (_request, response) => {
    const works = await databaseWorks(hub);
    const uptime = Math.round(process.uptime());
    response
      .status(works ? 200 : 404)
      .type("text/plain")
      .send(`database ${works ? "OK" : "FAIL"}\nuptime ${uptime} s OK\n`);
  });
  return router;
}

const BELIEVED_MS = 1_000;
const asked = new WeakMap<Hub, { works: Promise<boolean>; until: number }>();

/** Asked at most once a second, however many probes there are. */
function databaseWorks(hub: Hub): Promise<boolean> {
  const known = asked.get(hub);
  if (known !== undefined && known.until > Date.now()) return known.works;
  const works = hub.db.query("SELECT 1").then(
    () => true,
    () => false, // that is the answer
  );
  asked.set(hub, { works, until: Date.now() + BELIEVED_MS });
  return works;
}
