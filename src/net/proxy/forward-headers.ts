/** Which headers pass from one side of a proxy to the other: pure, and the same for requests and upgrades. */

import type { IncomingHttpHeaders } from "node:http";
import { ASSERTION_HEADER } from "../../protocol/assertion.ts";
import { namedByConnection } from "../serve/refusals.ts";
import type { Client } from "../visitor/forwarded.ts";
import { FRAMING_HEADERS, type Framing, framingFields, framingOf } from "./framing.ts";

/** Names of one connection only (RFC 9110 §7.6.1), and what the other side must not believe from a stranger. */
const NOT_PASSED_ON = new Set([
  ...FRAMING_HEADERS,
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
  ...FRAMING_HEADERS,
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "upgrade",
]);

/** The value of a header that is passed on: as it is, another one, or undefined to leave it out. */
export type RewriteHeader = (name: string, value: string) => string | undefined;

/** A request as it goes to the other side, but for its body. */
export interface RequestToPass {
  method: string;
  /** Path and query, as they stand in the request line. */
  path: string;
  /** As they came: name, value, name, value. */
  rawHeaders: readonly string[];
  /** Of the body that follows. */
  framing: Framing;
  client: Client;
  /** Is asked about every header that would pass; `name` is in lower case. */
  rewrite?: RewriteHeader | undefined;
  /** Added at the end: name, value, name, value. */
  extra?: readonly string[] | undefined;
  /** The protocol to upgrade to. */
  upgrade?: string | undefined;
}

/**
 * The head of the request for the other side, in latin1; Host is the one that the browser asked for. What was received was
 * read by Node or by `quick-request.ts`, which let no line end through, and is passed on byte by byte.
 */
export function requestHead(request: RequestToPass): string {
  const { method, path, rawHeaders, framing, client, rewrite, extra = [], upgrade } = request;
  const named = namesIn(rawHeaders);
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${client.host}\r\n`;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const original = rawHeaders[index] ?? "";
    const name = original.toLowerCase();
    if (NOT_PASSED_ON.has(name) || named.has(name)) continue;
    const value = rawHeaders[index + 1] ?? "";
    const passed = rewrite === undefined ? value : rewrite(name, value);
    if (passed !== undefined) head += `${original}: ${passed}\r\n`;
  }
  head += `x-forwarded-for: ${client.address}\r\nx-forwarded-proto: ${client.proto}\r\nx-forwarded-host: ${client.host}\r\n`;
  for (let index = 0; index + 1 < extra.length; index += 2) head += `${extra[index]}: ${extra[index + 1]}\r\n`;
  const [framingName, framingValue] = framingFields(framing);
  if (framingName !== undefined) head += `${framingName}: ${framingValue}\r\n`;
  if (upgrade !== undefined) head += `connection: Upgrade\r\nupgrade: ${upgrade}\r\n`;
  return `${head}\r\n`;
}

const NONE: ReadonlySet<string> = new Set();

/** The headers that a Connection header makes hop-by-hop. */
function namesIn(rawHeaders: readonly string[]): ReadonlySet<string> {
  let names = NONE;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.length !== "connection".length || name.toLowerCase() !== "connection") continue;
    const more = namedByConnection(rawHeaders[index + 1]);
    if (more.length > 0) names = new Set([...names, ...more]);
  }
  return names;
}

/** What somebody who passes on an object of headers tells anew. */
export interface Retold {
  framing: Framing;
  client: Client;
  /** The protocol to upgrade to. */
  upgrade?: string | undefined;
}

/** The same as `requestHead` for whoever passes on an object of headers, in place: nothing of this connection or of a stranger's word stays in it. */
export function cleanRequestHeaders(headers: IncomingHttpHeaders, { framing, client, upgrade }: Retold): void {
  removeHopByHop(headers, NOT_PASSED_ON);
  headers.host = client.host;
  headers["x-forwarded-for"] = client.address;
  headers["x-forwarded-proto"] = client.proto;
  headers["x-forwarded-host"] = client.host;
  tellFraming(headers, framing);
  if (upgrade !== undefined) Object.assign(headers, { connection: "Upgrade", upgrade });
}

/** The same for an answer, whose body has been parsed by these headers. */
export function cleanAnswerHeaders(headers: IncomingHttpHeaders): void {
  const framing = framingOf(headers);
  removeHopByHop(headers, NOT_ANSWERED);
  if (framing.kind === "length") tellFraming(headers, framing); // else whoever answers frames the body by itself
}

function removeHopByHop(headers: IncomingHttpHeaders, names: ReadonlySet<string>): void {
  const named = namedByConnection(headers.connection);
  for (const name of Object.keys(headers)) if (names.has(name) || named.includes(name)) delete headers[name];
}

function tellFraming(headers: IncomingHttpHeaders, framing: Framing): void {
  const [name, value] = framingFields(framing);
  if (name !== undefined) headers[name] = value;
}

/** The other side's headers for the browser, without those of its connection and what frames its body; both as name in lower case, value, name, value. */
export function responseHeaders(answered: readonly string[], rewrite?: RewriteHeader): string[] {
  const named = namesIn(answered);
  const headers: string[] = [];
  for (let index = 0; index + 1 < answered.length; index += 2) {
    const name = answered[index] ?? "";
    if (NOT_ANSWERED.has(name) || named.has(name)) continue;
    const value = answered[index + 1] ?? "";
    const passed = rewrite === undefined ? value : rewrite(name, value);
    if (passed !== undefined) headers.push(name, passed);
  }
  return headers;
}

/** Trailers that may follow an answer, by the filter of its headers, as pairs; in and out with names in lower case. */
export function passedTrailers(trailers: readonly string[], rewrite?: RewriteHeader): [string, string][] {
  const passed = responseHeaders(trailers, rewrite);
  return passed.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, passed[index + 1] ?? ""]] : [],
  );
}
