/** What a command says may find nobody who reads it (`… | head`), or a full disk: that is no fault of the command's. */

import { codeOf, messageOf } from "../core/errors.ts";

/**
 * Lets a command go on to its end, and to its own status, when the reader of its output has gone. An output that cannot be written for
 * another reason is said on standard error, and the status is 1.
 */
export function outliveReaders(): void {
  process.stdout.on("error", (error) => {
    if (codeOf(error) === "EPIPE") return;
    process.exitCode = 1;
    process.stderr.write(`cocalc-k8s: What it says could not be written: ${messageOf(error)}\n`);
  });
  process.stderr.on("error", () => {}); // there is nobody else to tell
}
