/** Which headers pass from one side of a proxy to the other: pure, and the same for requests and upgrades. */

import type { IncomingHttpHeaders } from "node:http";
import { ASSERTION_HEADER } from "../protocol/assertion.ts";
import type { Client } from "./forwarded.ts";

/** Names of one connection only (RFC 9110 §7.6.1), and what the other side must not believe from a stranger. */
const NOT_PASSED_ON = new Set([
  "connection",
  "expect",
  "forwarded",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-forwarded-server",
  "x-real-ip",
  ASSERTION_HEADER,
]);

const NOT_ANSWERED = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The value of a header that is passed on: as it is, another one, or undefined to leave it out. */
export type RewriteHeader = (name: string, value: string) => string | undefined;

export interface RequestHeaderOptions {
  client: Client;
  /** Is asked about every header that would pass; `name` is in lower case. */
  rewrite?: RewriteHeader | undefined;
  /** Added at the end: name, value, name, value. */
  extra?: readonly string[] | undefined;
}

/** Headers for the other side: name, value, name, value; Host is the one that the browser asked for. */
export function requestHeaders(rawHeaders: readonly string[], options: RequestHeaderOptions): string[] {
  const { client, rewrite, extra = [] } = options;
  const named = namedByConnection(rawHeaders);
  const chunked = named.chunked;
  const headers = ["host", client.host];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const original = rawHeaders[index] ?? "";
    const name = original.toLowerCase();
    if (NOT_PASSED_ON.has(name) || named.names.has(name) || (chunked && name === "content-length")) continue;
    const value = rawHeaders[index + 1] ?? "";
    const passed = rewrite === undefined ? value : rewrite(name, value);
    if (passed !== undefined) headers.push(original, passed);
  }
  headers.push("x-forwarded-for", client.address, "x-forwarded-proto", client.proto, "x-forwarded-host", client.host);
  return extra.length === 0 ? headers : headers.concat(extra);
}

const NONE: ReadonlySet<string> = new Set();
const USUAL_CONNECTION = /^(?:keep-alive|close|upgrade|keep-alive, upgrade)$/i;

/** The headers that a Connection header makes hop-by-hop, and whether the body is chunked. */
function namedByConnection(rawHeaders: readonly string[]): { names: ReadonlySet<string>; chunked: boolean } {
  let names = NONE;
  let chunked = false;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.length === 10 && name.toLowerCase() === "connection") {
      const value = rawHeaders[index + 1] ?? "";
      if (!USUAL_CONNECTION.test(value)) names = new Set([...names, ...tokens(value)]);
    } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") chunked = true;
  }
  return { names, chunked };
}

function tokens(value: string): string[] {
  return value.split(",").map((token) => token.trim().toLowerCase());
}

/** The other side's headers for the browser, without those of its connection: name, value, name, value. */
export function responseHeaders(answered: IncomingHttpHeaders, rewrite?: RewriteHeader): string[] {
  const connection = answered.connection;
  const named = connection === undefined || USUAL_CONNECTION.test(connection) ? NONE : new Set(tokens(connection));
  const headers: string[] = [];
  for (const name in answered) {
    if (NOT_ANSWERED.has(name) || named.has(name)) continue;
    const value = answered[name];
    if (typeof value === "string") push(headers, { name, value, rewrite });
    else for (const one of value ?? []) push(headers, { name, value: one, rewrite });
  }
  return headers;
}

function push(
  headers: string[],
  { name, value, rewrite }: { name: string; value: string; rewrite: RewriteHeader | undefined },
): void {
  const passed = rewrite === undefined ? value : rewrite(name, value);
  if (passed !== undefined) headers.push(name, passed);
}
