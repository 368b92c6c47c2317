/** How a command that failed ends: words on standard error, and a status. */

import { AppError, isError, messageOf } from "../core/errors.ts";

export const EXIT_USAGE = 2;

/** Says it, with a stack only where nobody expected it, and sets the status: 2 where what was asked cannot be used, else 1. */
export function fail(error: unknown): void {
  const expected = error instanceof AppError;
  process.stderr.write(`cocalc-k8s: ${!expected && isError(error) ? error.stack : messageOf(error)}\n`);
  process.exitCode = expected && error.code === "invalid" ? EXIT_USAGE : 1;
}
