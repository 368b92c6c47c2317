/** Answers HTTP: finds the handler of a path in a table, asks who calls, and tells errors in words. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { AppError, codeOf, invalid, notFound } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { splitTarget } from "../../src/core/request-target.ts";
import { sendJson, tellable, wireErrorOf } from "../../src/net/serve/answers.ts";
import { bodyOf, dropRest } from "../../src/net/serve/drop-rest.ts";
import { belowBase } from "../../src/net/visitor/routes.ts";
import type { ProjectNeed } from "../../src/protocol/project-rights.ts";
import { checkMay } from "./caller-needs.ts";
import type { Caller, Callers } from "./callers.ts";

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
/** A handler, and what of the project's rights its caller needs: none goes without. */
export interface Handling {
  need: ProjectNeed;
  handle: Handler;
}
/** Handlers by method (or `*`) and path below `<base>/<project_id>`, such as "GET /api/status"; a path that ends in "/" means all below it. */
export type HandlerTable = Readonly<Record<string, Handling>>;

interface Options {
  projectId: string;
  basePath: string;
  callers: Callers;
  handlers: HandlerTable;
  log: Logger;
}

/** The function that answers every request. */
export function httpHandler(options: Options): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    response.on("error", () => {}); // the reader went away; its handler notices by itself
    answer(options, request, response)
      .catch((error: unknown) => tellError({ request, response, log: options.log }, error))
      .catch((error: unknown) => {
        options.log.error({ err: error }, "the failure of a request could not be told");
        response.destroy();
      });
  };
}

async function answer(options: Options, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { path, search } = splitTarget(request.url);
  if (path === "/health") return tellHealth(response);
  const caller = await options.callers.of(request);
  const inside = belowBase(`${options.basePath}/${options.projectId}`, path);
  const { need, handle, rest } = findHandler(options.handlers, request.method ?? "GET", inside);
  checkMay(caller, need);
  const result = await handle({ request, response, rest, caller, query: new URLSearchParams(search) });
  if (result !== undefined) sendJson(request, response, { status: 200, body: result });
}

function tellHealth(response: ServerResponse): void {
  response.writeHead(200, { "Content-Type": "text/plain", "Cache-Control": "no-store" });
  response.end("healthy\n");
}

function findHandler(handlers: HandlerTable, asked: string, path: string | undefined): Handling & { rest: string } {
  if (path === undefined) throw notFound("This server belongs to another project.");
  const method = asked === "HEAD" ? "GET" : asked;
  const whole = `${method} ${path}`;
  const exact = handlers[whole];
  if (exact !== undefined) return { ...exact, rest: "" };
  for (const [key, handling] of Object.entries(handlers))
    for (const line of [whole, `* ${path}`])
      if (key.endsWith("/") && line.startsWith(key)) return { ...handling, rest: line.slice(key.length) };
  throw notFound(`There is no ${asked} ${path} here.`);
}

const CLIENT_GONE = new Set(["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE", "ERR_STREAM_DESTROYED"]);

function tellError(
  { request, response, log }: { request: IncomingMessage; response: ServerResponse; log: Logger },
  error: unknown,
): void {
  if (CLIENT_GONE.has(codeOf(error))) return void response.destroy();
  const told = toldHere(error, log.child({ method: request.method }), "a request failed unexpectedly");
  if (response.headersSent) return void response.destroy(); // half an answer must not look whole
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  if (told.retryAfterSeconds !== undefined) response.setHeader("Retry-After", told.retryAfterSeconds);
  sendJson(request, response, { status: told.status, body: wireErrorOf(told) });
  dropRest(request, response);
}

/** As `tellable`, in the words of this server, whose log is the project's own. */
export function toldHere(error: unknown, log: Logger, what: string): AppError {
  return tellable(error, log, what, "Something unexpected went wrong in the project's server; its log says what.");
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
  for await (const chunk of bodyOf(request)) {
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
