/** Decodes the body of a watch: JSON objects, one per line. Pure: it knows no sockets. */

import { AppError } from "../core/errors.ts";
import type { KubeObject } from "./types.ts";

/** One event of a watch, as the wire has it; an ERROR carries a Status, a BOOKMARK only a resource version. */
export interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: KubeObject;
}

/** Above what etcd can hold of one object, JSON escapes included. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const NEWLINE = 0x0a;
const TYPES = new Set<unknown>(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]);

/** Takes bytes as they come and gives the events that are complete; keeps at most one unfinished line. */
export class WatchLines {
  readonly #maxLineBytes: number;
  #pieces: Uint8Array[] = [];
  #kept = 0;

  constructor(maxLineBytes = MAX_LINE_BYTES) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** @throws AppError `unavailable` for a line that is too long or is not an event: give the watch up. */
  push(chunk: Uint8Array): WatchEvent[] {
    const events: WatchEvent[] = [];
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, end));
      from = end + 1;
      const line = Buffer.concat(this.#pieces).toString("utf8").trim();
      this.#pieces = [];
      this.#kept = 0;
      if (line !== "") events.push(parseEvent(line));
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
    return events;
  }

  #keep(piece: Uint8Array): void {
    this.#kept += piece.length;
    if (this.#kept > this.#maxLineBytes) {
      throw new AppError("unavailable", `Kubernetes sent a watch event of more than ${this.#maxLineBytes} bytes.`);
    }
    this.#pieces.push(piece);
  }
}

function parseEvent(line: string): WatchEvent {
  const event = parsed(line);
  const { type, object } = (typeof event === "object" && event !== null ? event : {}) as Record<string, unknown>; // checked below
  if (!TYPES.has(type) || typeof object !== "object" || object === null) {
    throw new AppError("unavailable", "Kubernetes sent something that is no watch event.");
  }
  return { type, object } as WatchEvent; // type and object were checked; what the object holds is the API server's word
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new AppError("unavailable", "Kubernetes sent a watch event that is not JSON.", { cause });
  }
}
