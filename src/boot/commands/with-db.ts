/** What a command of `cocalc-k8s admin …` does with the database itself: opened for it, and closed after it. */

import { readConfig } from "../../core/config.ts";
import { environment } from "../../core/env.ts";
import { Life } from "../../core/life.ts";
import { linesForPeople, openLog } from "../../core/log.ts";
import { openMetrics } from "../../core/metrics.ts";
import type { Db } from "../../db/db.ts";

export async function withDb(act: (db: Db) => Promise<void>): Promise<void> {
  const [{ Db }, { databaseTrouble, dbConfig }] = await Promise.all([
    import("../../db/db.ts"),
    import("../../db/config.ts"),
  ]);
  const life = new Life("admin");
  const config = readConfig(dbConfig, environment());
  try {
    const log = openLog({ level: "warn", prettify: process.stderr.isTTY ? await linesForPeople() : undefined });
    const metrics = openMetrics({ defaults: false });
    await act(new Db(life, { config, log, metrics, applicationName: "cocalc-k8s admin" }));
  } catch (error) {
    throw databaseTrouble(config, error);
  } finally {
    await life.stop();
  }
}
