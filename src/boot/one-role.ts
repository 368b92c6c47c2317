/** One role, or group of roles, as a Deployment starts it: without the command line that people use. */

import { environment } from "../core/env.ts";
import { run } from "./commands/run.ts";
import { fail } from "./fail.ts";

/** Runs it until a signal. */
export async function runRole(name: string): Promise<void> {
  try {
    await run([name], environment());
  } catch (error) {
    fail(error);
  }
}
