/** The command line: `--role`, `local` for one machine, and sub-commands for people. */

import { Command, CommanderError } from "commander";
import { admin } from "./boot/commands/admin.ts";
import { config } from "./boot/commands/config.ts";
import { doctor } from "./boot/commands/doctor.ts";
import { local } from "./boot/commands/local.ts";
import { migrateCommand } from "./boot/commands/migrate.ts";
import { roles } from "./boot/commands/roles.ts";
import { run } from "./boot/commands/run.ts";
import { EXIT_USAGE, fail } from "./boot/fail.ts";
import { outliveReaders } from "./boot/standard-streams.ts";
import { environment } from "./core/env.ts";

function program(): Command {
  const command = new Command("cocalc-k8s")
    .description("Collaborative computing on Kubernetes: every service is a role of this one program.")
    .option("--role <names>", "roles or groups to run, separated by commas; `cocalc-k8s roles` lists them")
    .showHelpAfterError()
    .exitOverride()
    .allowExcessArguments()
    .action(async ({ role }: { role?: string }, self: Command) => {
      const [unknown] = self.args;
      if (unknown !== undefined) self.error(`error: there is no command "${unknown}".`);
      if (role === undefined) self.help({ error: true });
      await run(role.split(","), environment());
    });
  for (const add of [local, roles, config, migrateCommand, doctor, admin]) add(command);
  return command;
}

/** Does what the command line says; a failure is told, and is the status of the process. */
export async function main(): Promise<void> {
  outliveReaders();
  try {
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
    else fail(error);
  }
}
