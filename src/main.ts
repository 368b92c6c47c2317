/** The command line: `--role` for a Deployment, `local` for one machine, and sub-commands for people. */

import { Command, CommanderError } from "commander";
import { admin } from "./boot/commands/admin.ts";
import { config } from "./boot/commands/config.ts";
import { doctor } from "./boot/commands/doctor.ts";
import { local } from "./boot/commands/local.ts";
import { migrateCommand } from "./boot/commands/migrate.ts";
import { roles } from "./boot/commands/roles.ts";
import { run } from "./boot/commands/run.ts";
import { environment } from "./core/env.ts";
import { AppError, isError, messageOf } from "./core/errors.ts";

const EXIT_USAGE = 2;

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

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  else fail(error);
}

function fail(error: unknown): void {
  const expected = error instanceof AppError;
  process.stderr.write(`cocalc-k8s: ${!expected && isError(error) ? error.stack : messageOf(error)}\n`);
  process.exitCode = expected && error.code === "invalid" ? EXIT_USAGE : 1;
}
