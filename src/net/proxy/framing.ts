/** How a message tells the end of its body (RFC 9112 §6): computed once from what was parsed, for the head that is passed on and the body behind it alike. */

import type { IncomingHttpHeaders } from "node:http";

export type Framing = { kind: "none" } | { kind: "length"; bytes: number } | { kind: "chunked" };

export const NO_BODY: Framing = { kind: "none" };
const CHUNKED: Framing = { kind: "chunked" };

/** The headers that frame a body. They are never copied from one connection to another: `framingFields` writes them anew. */
export const FRAMING_HEADERS: ReadonlySet<string> = new Set(["content-length", "transfer-encoding"]);

/** By what its parser found the end of a request. `refusals.ts` has let through only what has one reading: either a length, or `chunked` by itself. */
export function framingOf({ "transfer-encoding": coding, "content-length": length }: IncomingHttpHeaders): Framing {
  if (coding !== undefined) return CHUNKED;
  return length === undefined ? NO_BODY : { kind: "length", bytes: Number(length) };
}

export function hasBody(framing: Framing): boolean {
  return framing.kind === "chunked" || (framing.kind === "length" && framing.bytes > 0);
}

/** The headers that tell this framing, as name, value. */
export function framingFields(framing: Framing): readonly [] | readonly [name: string, value: string] {
  if (framing.kind === "length") return ["content-length", String(framing.bytes)];
  return framing.kind === "chunked" ? ["transfer-encoding", "chunked"] : [];
}
