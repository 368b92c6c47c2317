/** One role, or group of roles, as a Deployment starts it: without the command line that people use. */

import { environment } from "../core/env.ts";
import type { EarlyListener } from "../net/serve/early-listener.ts";
import { run } from "./commands/run.ts";
import { fail } from "./fail.ts";

/** Runs it until a signal. @param early holds its connections meanwhile. */
export async function runRole(name: string, early?: EarlyListener): Promise<void> {
  try {
    await run([name], environment(), early);
  } catch (error) {
    fail(error);
  }
}
