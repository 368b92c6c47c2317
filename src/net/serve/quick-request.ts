/**
 * Reads a request that has no body and came whole in one read, as nearly all requests do. It accepts only what has one reading; everything else
 * goes to Node's parser. Knows no socket.
 */

import type { IncomingHttpHeaders } from "node:http";
import { type FieldLine, readFieldLine } from "./field-line.ts";

export interface QuickHead {
  method: "GET" | "HEAD";
  /** Path and query. */
  url: string;
  /** By name in lower case; each stands there once. */
  headers: IncomingHttpHeaders;
  /** As they came: name, value, name, value. */
  rawHeaders: string[];
  /** Does the client ask for nothing more on its connection? */
  isLast: boolean;
}

/** Longer heads are left to Node, which bounds them. */
const MAX_HEAD_BYTES = 16_384;
const NEW_LINE = "\r\n";
const END_OF_HEAD = "\r\n\r\n";
const REQUEST_LINE = /^(GET|HEAD) (\/[\x21-\x7e]*) HTTP\/1\.1$/;

/** What frames a body, asks for another protocol or waits for a word before the body. */
const NOT_QUICK = new Set(["content-length", "expect", "http2-settings", "transfer-encoding", "upgrade"]);

/** The request that these bytes are, from the first to the last; undefined where it is not such a one. */
export function readQuickHead(bytes: Buffer): QuickHead | undefined {
  if (bytes.length > MAX_HEAD_BYTES) return undefined;
  const text = bytes.toString("latin1");
  if (text.indexOf(END_OF_HEAD) !== text.length - END_OF_HEAD.length) return undefined; // cut, or more behind it
  const endOfLine = text.indexOf(NEW_LINE);
  const requestLine = REQUEST_LINE.exec(text.slice(0, endOfLine));
  if (requestLine === null) return undefined;
  const [, method, url = ""] = requestLine;
  const head: QuickHead = { method: method as QuickHead["method"], url, headers: {}, rawHeaders: [], isLast: false };
  for (let start = endOfLine + NEW_LINE.length; start < text.length - NEW_LINE.length; ) {
    const end = text.indexOf(NEW_LINE, start);
    const field = readFieldLine(text, start, end);
    if (field === undefined || !take(head, field)) return undefined;
    start = end + NEW_LINE.length;
  }
  return head.headers.host === undefined ? undefined : head;
}

/** Adds a field; false: it stands there already, or the request is not quick with it. */
function take(head: QuickHead, { name: original, value }: FieldLine): boolean {
  const name = original.toLowerCase();
  if (NOT_QUICK.has(name) || Object.hasOwn(head.headers, name)) return false;
  head.headers[name] = value;
  head.rawHeaders.push(original, value);
  return name !== "connection" || takeConnection(head, value.toLowerCase());
}

/** Whether the connection stays; false: it names something else. */
function takeConnection(head: QuickHead, value: string): boolean {
  head.isLast = value === "close";
  return head.isLast || value === "keep-alive";
}
