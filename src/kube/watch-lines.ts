/** Decodes the body of a watch: JSON objects, one per line. Pure: it knows no sockets. */

import { AppError } from "../core/errors.ts";
import type { KubeObject } from "./types.ts";
import { WireText } from "./wire-text.ts";

/** One event of a watch, as the wire has it; an ERROR carries a Status, a BOOKMARK only a resource version. */
export interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: KubeObject;
}

const NEWLINE = 0x0a;
const TYPES = new Set<unknown>(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]);

/** Takes bytes as they come and gives the events that are complete; keeps at most one unfinished line. */
export class WatchLines {
  readonly #line: WireText;

  constructor(maxLineBytes?: number) {
    this.#line = new WireText("a watch event", maxLineBytes);
  }

  /** @throws AppError `unavailable` for a line that is too long or is not an event: give the watch up. */
  push(chunk: Uint8Array): WatchEvent[] {
    const events: WatchEvent[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.#line.add(chunk.subarray(from, end));
      from = end + 1;
      const event = this.#line.take();
      if (event !== undefined) events.push(asEvent(event));
    }
    this.#line.add(chunk.subarray(from));
    return events;
  }
}

function asEvent(event: unknown): WatchEvent {
  const { type, object } = (typeof event === "object" && event !== null ? event : {}) as Record<string, unknown>; // checked below
  if (!TYPES.has(type) || typeof object !== "object" || object === null) {
    throw new AppError("unavailable", "Kubernetes sent something that is no watch event.");
  }
  return { type, object } as WatchEvent; // type and object were checked; what the object holds is the API server's word
}
