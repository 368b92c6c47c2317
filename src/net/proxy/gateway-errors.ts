/** What a gateway says of the other side: whoever answers puts before it which side that is, and behind it what to do. */

import { AppError, type AppErrorOptions, codeOf, isAppError } from "../../core/errors.ts";

/** Of a port on which nothing listens, and of a Unix socket that is not there. */
const REFUSED = new Set(["ECONNREFUSED", "ENOENT"]);
const TOO_SLOW = new Set(["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"]);

/** Was the connection refused? Then nothing has been asked. */
export function isRefused(error: AppError): boolean {
  return REFUSED.has(codeOf(error.cause));
}

/** What went wrong with the other side, as a gateway answers it. */
export function upstreamError(cause: Error): AppError {
  if (isAppError(cause)) return cause;
  const code = codeOf(cause);
  if (REFUSED.has(code)) return badGateway("Nothing is listening there.", { cause });
  return TOO_SLOW.has(code) ? tooSlow({ cause }) : brokenOff({ cause });
}

export function brokenOff(options: AppErrorOptions = {}): AppError {
  return badGateway("The connection to it broke off.", options);
}

export function tooSlow(options: AppErrorOptions = {}): AppError {
  return new AppError("timeout", "It did not answer in time.", { ...options, retryAfterSeconds: 2 });
}

/** It was reached, and what came of that is no answer. */
export function badGateway(message: string, options: AppErrorOptions = {}): AppError {
  return new AppError("unavailable", message, { ...options, status: 502, retryAfterSeconds: 2 });
}
