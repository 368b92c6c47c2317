/** An error that a server answered, or that kept us from reaching it; its message is for the person. */

import type { WireError } from "../../protocol/common.ts";

export class RequestError extends Error {
  /** The server's code, or `offline` when it was not reached. */
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;

  constructor({ error, code, retryAfterSeconds }: WireError) {
    super(error);
    this.name = "RequestError";
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The server could not be reached. */
export const offlineError = (what: string): RequestError =>
  new RequestError({ error: `${what} Check the connection; it is tried again by itself.`, code: "offline" });

/** The words of anything thrown. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export const isOffline = (error: unknown): boolean => error instanceof RequestError && error.code === "offline";
