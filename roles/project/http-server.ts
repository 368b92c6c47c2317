/** Answers HTTP: finds the handler of a path in a table, asks who calls, and tells errors in words. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { AppError, invalid, notFound } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { dropRest } from "../../src/net/drop-rest.ts";
import { belowBase } from "../../src/net/routes.ts";
import type { WireError } from "../../src/protocol/common.ts";
import type { Caller, Callers } from "./callers.ts";
import { errnoOf } from "./files/file-errors.ts";

/** A request of a known caller; `query` is of the URL, `rest` is the path (still encoded) below the route's prefix. */
export interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  rest: string;
  caller: Caller;
}

/** Answers by itself and returns undefined, or returns what is sent as JSON. */
export type Handler = (call: Call) => Promise<object | undefined>;
/** Handlers by method (or `*`) and path below `<base>/<project_id>`, such as "GET /api/status"; a path that ends in "/" means all below it. */
export type HandlerTable = Readonly<Record<string, Handler>>;

interface Options {
  projectId: string;
  basePath: string;
  callers: Callers;
  handlers: HandlerTable;
  /** Is asked by `/health`: undefined while all is well. */
  health: () => string | undefined;
  log: Logger;
}

/** The function that answers every request. */
export function httpHandler(options: Options): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    response.on("error", () => {}); // the reader went away; its handler notices by itself
    const answered = answer(options, request, response);
    answered.catch((error: unknown) => tellError({ request, response, log: options.log }, error));
  };
}

async function answer(options: Options, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = "/", search = ""] = splitOnce(request.url ?? "/", "?");
  if (path === "/health") return tellHealth(options, response);
  const caller = await options.callers.of(request);
  const inside = belowBase(`${options.basePath}/${options.projectId}`, path);
  const { handler, rest } = findHandler(options.handlers, request.method ?? "GET", inside);
  const result = await handler({ request, response, rest, caller, query: new URLSearchParams(search) });
  if (result !== undefined) sendJson(response, 200, result);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function tellHealth({ health }: Options, response: ServerResponse): void {
  const problem = health();
  response.writeHead(problem === undefined ? 200 : 503, { "Content-Type": "text/plain", "Cache-Control": "no-store" });
  response.end(problem === undefined ? "healthy\n" : `${problem}\n`);
}

function findHandler(
  handlers: HandlerTable,
  asked: string,
  path: string | undefined,
): { handler: Handler; rest: string } {
  if (path === undefined) throw notFound("This server belongs to another project.");
  const method = asked === "HEAD" ? "GET" : asked;
  const exact = handlers[`${method} ${path}`];
  if (exact !== undefined) return { handler: exact, rest: "" };
  for (const [key, handler] of Object.entries(handlers))
    for (const line of [`${method} ${path}`, `* ${path}`])
      if (key.endsWith("/") && line.startsWith(key)) return { handler, rest: line.slice(key.length) };
  throw notFound(`There is no ${asked} ${path} here.`);
}

/** Sends an object; HEAD gets the headers alone. */
export function sendJson(response: ServerResponse, status: number, body: object): void {
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": text.length,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(text);
}

const CLIENT_GONE = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE", "ERR_STREAM_DESTROYED"]);

function tellError(
  { request, response, log }: { request: IncomingMessage; response: ServerResponse; log: Logger },
  error: unknown,
): void {
  if (CLIENT_GONE.has(errnoOf(error) ?? "")) return void response.destroy();
  if (!(error instanceof AppError)) log.error({ err: error, method: request.method }, "a request failed unexpectedly");
  if (response.headersSent) return void response.destroy(); // half an answer must not look whole
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  const told = toWireError(error);
  if (told.retryAfterSeconds !== undefined) response.setHeader("Retry-After", told.retryAfterSeconds);
  sendJson(response, error instanceof AppError ? error.status : 500, told);
  dropRest(request);
}

/** How an error is told; what was not expected says nothing of itself. */
export function toWireError(error: unknown): WireError {
  if (!(error instanceof AppError))
    return { code: "internal", error: "Something unexpected went wrong in the project's server; its log says what." };
  const { code, message, retryAfterSeconds } = error;
  return { code, error: message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

/** Parses what a caller sent. @throws AppError `invalid` naming the fields. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalid(`This request is not understood: ${z.prettifyError(parsed.error).slice(0, 1_000)}`);
}

/** Longest JSON body in bytes. */
const MAX_JSON = 8 * 1024 * 1024;

/** Reads a JSON body of the given shape. */
export async function readJson<S extends z.ZodType>(request: IncomingMessage, schema: S): Promise<z.output<S>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_JSON) throw new AppError("too_large", `A request has at most ${MAX_JSON} bytes.`);
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw invalid("The body of this request is no JSON.");
  }
  return parseInput(schema, value);
}
