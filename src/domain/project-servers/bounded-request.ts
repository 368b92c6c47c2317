/**
 * One request to a server that is not trusted, on a connection of its own: no redirect is followed, and head, silence and length have bounds. It
 * knows nothing of projects.
 */

import type { Readable } from "node:stream";
import { Client } from "undici";
import { type Attempt, unlessAborted } from "../../core/attempt.ts";

const MAX_HEAD_BYTES = 16_384;

export interface BoundedRequest {
  method: "GET" | "POST";
  path: string;
  headers: Record<string, string>;
  body?: string;
  /** Longest body of an answer. */
  maxBytes: number;
  /** Longest time in ms for the connection to be made, and without a byte of the answer's body. */
  patienceMs: number;
}

export interface Answer {
  status: number;
  /** To be read or destroyed: until then its connection is held. Its errors are undici's. */
  body: Readable;
}

/** Asks at `origin`, until the attempt ends. @throws what undici throws, or why the attempt was ended. */
export async function sendBounded(origin: string, asked: BoundedRequest, attempt: Attempt): Promise<Answer> {
  const { method, path, headers, body: sent, maxBytes, patienceMs } = asked;
  const client = new Client(origin, {
    pipelining: 0, // one request, then it is closed
    allowH2: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    maxResponseSize: maxBytes,
    connectTimeout: patienceMs,
    headersTimeout: 0, // the attempt's own time counts
    bodyTimeout: patienceMs,
  });
  try {
    const { signal } = attempt;
    const request = client.request({ method, path, headers, body: sent ?? null, signal });
    const { statusCode, body } = await unlessAborted(request, signal);
    body.on("error", () => {}); // whoever reads it is told
    body.once("close", () => void client.destroy());
    return { status: statusCode, body };
  } catch (error) {
    void client.destroy();
    throw error;
  }
}
