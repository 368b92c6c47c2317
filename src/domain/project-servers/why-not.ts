/** Why a project's server gave no answer, in words, from what went wrong on the way to it. Pure. */

import type { Attempt } from "../../core/attempt.ts";
import {
  AppError,
  codeOf,
  type ErrorCode,
  isAppError,
  isError,
  messageOf,
  timedOut,
  unavailable,
} from "../../core/errors.ts";
import { wireError } from "../../protocol/common.ts";
import type { ProjectPlace } from "./whereabouts.ts";

const AGAIN = { status: 502, retryAfterSeconds: 2 };

export function notRunning({ state, error }: ProjectPlace): AppError {
  const why = error === undefined ? "" : ` ${error}`;
  return unavailable(`The project is not running (${state}).${why} Start it first.`);
}

export function tooMany(most: number): AppError {
  return unavailable(`${most} requests to the project are under way already. Try again in a moment.`, AGAIN);
}

export function notUnderstood(cause: unknown): AppError {
  const options = { ...AGAIN, cause };
  return unavailable(`The answer of the project's server is not understood: ${plain(messageOf(cause))}`, options);
}

/** Of an answer, what its status may stand for: a pod cannot say that somebody is not signed in, or that we have a fault. */
const CODES: ReadonlyMap<number, ErrorCode> = new Map([
  [400, "invalid"],
  [403, "forbidden"],
  [404, "not_found"],
  [409, "conflict"],
  [410, "gone"],
  [412, "precondition_failed"],
  [413, "too_large"],
  [415, "unsupported"],
  [429, "rate_limited"],
]);

/** The server answered otherwise than by doing what it was asked; `text` is what it said about that. */
export function refused(status: number, text: string): AppError {
  if (status === 401) {
    return unavailable(
      "The project's server does not take our word for who asks. Restart the project, and see that the clocks of all machines agree.",
      AGAIN,
    );
  }
  const code = CODES.get(status);
  const words = `The project's server refused (${status})${wordsIn(text)}`;
  return code === undefined ? unavailable(words, AGAIN) : new AppError(code, words);
}

const LATE = new Set(["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "ETIMEDOUT"]);
const GARBLED = /^(?:HPE_|UND_ERR_(?:HEADERS_OVERFLOW|RESPONSE|RES_CONTENT_LENGTH))/;

/**
 * What was thrown on the way, in words; as it is, where it is expected already, nobody waits any more, or it is a bug.
 * @param waitedMs how long the attempt, or the next piece of the answer, could take.
 */
export function whyNot(thrown: unknown, { isGivenUp, timedOut: isLate }: Attempt, waitedMs: number): unknown {
  const code = codeOf(thrown);
  const options = { ...AGAIN, cause: thrown };
  if (isLate || LATE.has(code)) {
    return timedOut(`The project's server has not answered within ${waitedMs / 1_000} s.`, { cause: thrown });
  }
  if (isAppError(thrown) || isGivenUp || code === "") return thrown;
  if (code === "ECONNREFUSED") return unavailable("Nothing listens where the project's server should be.", options);
  if (code === "EHOSTUNREACH" || code === "ENETUNREACH")
    return unavailable("The machine of the project's server cannot be reached.", options);
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return notUnderstood(new Error("it is longer than it may be"));
  if (GARBLED.test(code) || isParserError(thrown)) return notUnderstood(thrown);
  return unavailable("The connection to the project's server broke off.", options);
}

/** undici gives some of these no code. */
function isParserError(thrown: unknown): boolean {
  return isError(thrown) && thrown.name === "HTTPParserError";
}

function wordsIn(text: string): string {
  try {
    return `: ${plain(wireError.parse(JSON.parse(text)).error)}`;
  } catch {
    return "."; // whatever a pod says
  }
}

const MAX_WORDS = 300;

/** Words of somebody who is not trusted, for a log, a page or a terminal. */
function plain(words: string): string {
  return words.replace(/\p{C}+/gu, " ").slice(0, MAX_WORDS);
}
