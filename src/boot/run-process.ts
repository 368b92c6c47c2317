/** The life of a whole process: signals, the one deadline, the last log line. Nothing else reads signals or exits. */

import { asError, isAppError, messageOf } from "../core/errors.ts";
import { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";

const EXIT_FAILURE = 1;
/** What was asked for cannot be used: a configuration, an option. */
const EXIT_USAGE = 2;

export interface ProcessOptions {
  log: Logger;
  /** The one deadline for stopping. */
  stopSeconds: number;
  /** Once started there is nothing left to do: stop, with status 0. */
  endsByItself?: boolean;
}

/**
 * Runs `start` on a new life until a signal comes or a part dies, then stops everything and exits: 0 after a signal, 1 after a
 * failure (2 for a configuration that cannot be used) or when something did not stop. A second signal ends the process at once.
 */
export async function runProcess(
  { log, stopSeconds, endsByItself = false }: ProcessOptions,
  start: (life: Life) => Promise<void>,
): Promise<never> {
  const life = new Life("process");
  const ended = Promise.withResolvers<NodeJS.Signals | "done" | Error>();
  const onSignal = (signal: NodeJS.Signals) => {
    if (life.isStopping) process.exit(130);
    ended.resolve(signal);
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  process.on("uncaughtException", (error) => ended.resolve(error));
  process.on("unhandledRejection", (reason) => ended.resolve(asError(reason)));
  void life.failed.then(ended.resolve);
  start(life).then(() => {
    if (endsByItself) ended.resolve("done");
  }, ended.resolve);
  const why = await ended.promise;
  const died = typeof why !== "string";
  // What is expected says itself what to do; where it was thrown would only hide that.
  if (died)
    log.error(isAppError(why) ? { reason: why.message } : { err: why }, "a part of this process died; stopping");
  else log.info({ why }, "stopping");
  const errors = await life.stop({ deadlineMs: stopSeconds * 1_000 });
  for (const error of errors) log.error({ err: error }, "a part did not stop well");
  const failed = died || errors.length > 0;
  if (failed) log.error({ failed, reason: messageOf(died ? why : errors[0]) }, "stopped");
  else log.info({ failed }, "stopped");
  process.exit(failed ? (isAppError(why, "invalid") ? EXIT_USAGE : EXIT_FAILURE) : 0);
}
