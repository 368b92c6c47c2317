/** The life of a whole process: signals, the one deadline, the last log line. Nothing else reads signals or exits. */

import { asError, isAppError, messageOf } from "../core/errors.ts";
import { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";

const EXIT_FAILURE = 1;
/** What was asked for cannot be used: a configuration, an option. */
const EXIT_USAGE = 2;
const EXIT_HURRIED = 130;
/** Signals so soon after the first are the same wish: npm passes on a Ctrl-C that the terminal has told us too. */
const SAME_WISH_MS = 1_000;

export interface ProcessOptions {
  log: Logger;
  /** The one deadline for stopping. */
  stopSeconds: number;
  /** Once started there is nothing left to do: stop, with status 0. */
  endsByItself?: boolean;
}

/**
 * Runs `start` on a new life until a signal comes or a part dies, then stops everything and exits: 0 after a signal, 1 after a
 * failure (2 for a configuration that cannot be used), when something did not stop, or when something was thrown meanwhile.
 * A signal that comes some time after the first ends the process at once.
 */
export async function runProcess(
  { log, stopSeconds, endsByItself = false }: ProcessOptions,
  start: (life: Life) => Promise<void>,
): Promise<never> {
  const life = new Life("process");
  const { end, ended, late } = watchForEnd(life, log);
  start(life).then(() => {
    if (endsByItself) end("done");
  }, end);
  const why = await ended;
  const died = typeof why !== "string";
  // What is expected says itself what to do; where it was thrown would only hide that.
  if (died)
    log.error(isAppError(why) ? { reason: why.message } : { err: why }, "a part of this process died; stopping");
  else log.info({ why }, "stopping");
  const errors = await life.stop({ deadlineMs: stopSeconds * 1_000 });
  for (const error of errors) log.error({ err: error }, "a part did not stop well");
  const [reason] = [...(died ? [why] : []), ...errors, ...late];
  const failed = reason !== undefined;
  if (failed) log.error({ failed, reason: messageOf(reason) }, "stopped");
  else log.info({ failed }, "stopped");
  process.exit(failed ? (isAppError(why, "invalid") ? EXIT_USAGE : EXIT_FAILURE) : 0);
}

type Why = NodeJS.Signals | "done" | Error;

interface Watch {
  /** Why the process ends: by the first signal, failure, stray error, or call of `end`. */
  ended: Promise<Why>;
  end(why: Why): void;
  /** The stray errors after that, also of the same turn, in which nothing stops yet. */
  late: readonly Error[];
}

/** What comes late is logged as it comes. */
function watchForEnd(life: Life, log: Logger): Watch {
  const ended = Promise.withResolvers<Why>();
  const late: Error[] = [];
  let isEnding = false;
  const end = (why: Why) => {
    isEnding = true;
    ended.resolve(why);
  };
  let askedAt: number | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    askedAt ??= performance.now();
    if (life.isStopping && performance.now() - askedAt > SAME_WISH_MS) process.exit(EXIT_HURRIED);
    end(signal);
  };
  const onStray = (thrown: unknown) => {
    if (!isEnding) return end(asError(thrown));
    late.push(asError(thrown));
    log.error({ err: thrown }, "an error that nobody caught, while stopping");
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, onSignal);
  process.on("uncaughtException", onStray);
  process.on("unhandledRejection", onStray);
  void life.failed.then(end);
  return { end, ended: ended.promise, late };
}
