/** `cocalc-k8s admin grant|revoke EMAIL`: makes somebody an administrator, or no longer one. */

import type { Command } from "commander";
import { readConfig } from "../../core/config.ts";
import { environment } from "../../core/env.ts";
import { Life } from "../../core/life.ts";
import { openLog } from "../../core/log.ts";
import { openMetrics } from "../../core/metrics.ts";
import type { Db } from "../../db/db.ts";

export function admin(program: Command): void {
  const command = program.command("admin").description("Grant or revoke the rights of an administrator.");
  command
    .command("grant")
    .argument("<email>")
    .description("Make the account with this e-mail address an administrator.")
    .action(async (email: string) => {
      const { grantAdmin } = await import("../../domain/accounts/admin.ts");
      await withDb((db) => grantAdmin(db, email));
      process.stdout.write(`${email} is an administrator.\n`);
    });
  command
    .command("revoke")
    .argument("<email>")
    .description("Take the rights of an administrator from the account with this e-mail address.")
    .action(async (email: string) => {
      const { revokeAdmin } = await import("../../domain/accounts/admin.ts");
      await withDb((db) => revokeAdmin(db, email));
      process.stdout.write(`${email} is not an administrator.\n`);
    });
}

async function withDb(act: (db: Db) => Promise<void>): Promise<void> {
  const [{ Db }, { databaseTrouble, dbConfig }] = await Promise.all([
    import("../../db/db.ts"),
    import("../../db/config.ts"),
  ]);
  const life = new Life("admin");
  const config = readConfig(dbConfig, environment());
  try {
    const log = openLog({ level: "warn", pretty: process.stderr.isTTY });
    const metrics = openMetrics({ defaults: false });
    await act(new Db(life, { config, log, metrics, applicationName: "cocalc-k8s admin" }));
  } catch (error) {
    throw databaseTrouble(config, error);
  } finally {
    await life.stop();
  }
}
