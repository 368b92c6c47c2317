/** `cocalc-k8s doctor`: what is right, what is wrong and the fix, check by check; the exit status tells. */

import type { Command } from "commander";
import { environment } from "../../core/env.ts";
import { openLog } from "../../core/log.ts";
import { oneLine } from "../table.ts";

const EXIT_PROBLEM = 1;

export function doctor(program: Command): void {
  program
    .command("doctor")
    .description("Check the installation that the environment names, and say how to mend what is wrong.")
    .action(async () => {
      const { runDoctor } = await import("../../domain/doctor/doctor.ts");
      const { clusterRights } = await import("../cluster-rights.ts");
      const env = environment();
      const rights = () => clusterRights(env);
      const checks = await runDoctor({ rights, env, log: openLog({ level: "silent" }) });
      for (const { name, ok, detail, fix } of checks) {
        process.stdout.write(`${ok ? "ok    " : "WRONG "} ${name}: ${oneLine(detail)}\n`);
        if (!ok && fix !== undefined) process.stdout.write(`       to mend it: ${oneLine(fix)}\n`);
      }
      const wrong = checks.filter(({ ok }) => !ok).length;
      process.stdout.write(
        wrong === 0 ? "All is well.\n" : `${wrong} of ${checks.length} checks found something wrong.\n`,
      );
      if (wrong > 0) process.exitCode = EXIT_PROBLEM;
    });
}
