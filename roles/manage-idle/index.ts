/** Ends what waits too long: its one duty is a start that finds no room on any node. It asks; manage-action does it. */

import { z } from "zod";
import { setting, wholeNumber } from "../../src/core/config.ts";
import { counter } from "../../src/core/metrics.ts";
import { openReconciler } from "../../src/db/reconciler.ts";
import { giveUpUnplaced, waitingTooLong } from "../../src/domain/starts/give-up.ts";
import { defineRole } from "../define-role.ts";

const config = z.object({
  timeoutPendingMinutes: setting(
    "COCALC_TIMEOUT_PENDING_PROJECTS_MIN",
    z.coerce.number().positive().max(10_000).default(15),
    "Minutes after which a project that no node has room for stops waiting; an autoscaler needs some.",
  ),
  checkSeconds: setting(
    "COCALC_IDLE_CHECK_SECONDS",
    wholeNumber().min(1).max(3_600).default(15),
    "How often what waits too long is looked for.",
  ),
});

export default defineRole({
  name: "manage-idle",
  summary: "Ends what waits too long: starts that no node has room for.",
  needs: { db: true },
  config,
  async start(life, { log, metrics, ...parts }, { timeoutPendingMinutes, checkSeconds }) {
    const db = await parts.db();
    const given = counter(metrics, { name: "cocalc_starts_given_up_total", help: "Starts that no node had room for." });
    db.lead(life, "manage-idle", async (term, leader) => {
      openReconciler(term, {
        name: "manage-idle",
        db,
        log,
        metrics,
        channels: [],
        keys: () => waitingTooLong(db, timeoutPendingMinutes),
        reconcile: async (projectId, look) => {
          if (!(await giveUpUnplaced(leader, projectId, timeoutPendingMinutes))) return undefined;
          look.log.info({}, "no node had room for a project: its start is given up");
          given.inc();
          return undefined;
        },
        everySeconds: checkSeconds,
        concurrency: 4,
      });
    });
  },
});
