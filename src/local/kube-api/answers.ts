/** Requests and answers of the API server, HTTP/2 and HTTP/1.1 alike. Decides nothing. */

import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { messageOf } from "../../core/errors.ts";
import type { Json } from "./json.ts";
import { badRequest, Refusal, tooLarge, unsupportedMediaType } from "./refusal.ts";

/** What the server reads: the part that HTTP/2's and HTTP/1.1's objects have in common. */
export type ApiRequest = Http2ServerRequest;
export type ApiResponse = Http2ServerResponse;

const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** The whole body as text. @throws Refusal 413 */
export async function readText(request: ApiRequest): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The body as JSON; undefined when there is none. @throws Refusal 400, 413, 415 */
export async function readJson(request: ApiRequest): Promise<unknown> {
  const text = await readText(request);
  if (text === "") return undefined;
  const type = String(request.headers["content-type"] ?? "application/json");
  if (!type.startsWith("application/json")) throw unsupportedMediaType(type);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`the body is no JSON: ${messageOf(error)}`);
  }
}

export function answerJson(response: ApiResponse, code: number, body: Json): void {
  if (response.headersSent || response.writableEnded) return;
  const text = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(code, {
    "content-type": "application/json",
    "content-length": text.length,
    "cache-control": "no-cache, private",
  });
  response.end(text);
}

export function answerText(response: ApiResponse, code: number, text: string): void {
  response.writeHead(code, { "content-type": "text/plain" });
  response.end(text);
}

/** A refusal as its Status; anything else as an internal error. */
export function answerError(response: ApiResponse, error: unknown): void {
  const refusal =
    error instanceof Refusal
      ? error
      : new Refusal(500, "InternalError", `Internal error occurred: ${messageOf(error)}`);
  answerJson(response, refusal.code, refusal.status());
}
