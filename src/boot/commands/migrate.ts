/** `cocalc-k8s migrate`: brings the schema up to date and says what was done. */

import type { Command } from "commander";
import { readConfig } from "../../core/config.ts";
import { environment } from "../../core/env.ts";

export function migrateCommand(program: Command): void {
  program
    .command("migrate")
    .description("Bring the database schema up to date; safe to run at any time, by many at once.")
    .action(async () => {
      const [{ dbConfig }, { migrate }] = await Promise.all([
        import("../../db/config.ts"),
        import("../../db/migrate.ts"),
      ]);
      const done = await migrate(readConfig(dbConfig, environment()));
      process.stdout.write(done.length === 0 ? "The schema is up to date.\n" : `Done: ${done.join(", ")}.\n`);
    });
}
