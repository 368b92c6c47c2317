/**
 * Answers that arrive over HTTP/2 after their call was given up. Node no longer knows the stream of such an answer and takes it for one that
 * the server opened by itself. Nobody listens to that one: its error, when the connection ends, would end the process, and what it carries
 * would hold up a part of the connection for good.
 */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientHttp2Stream } from "node:http2";
import type { Life } from "../core/life.ts";

/** Told by Node of every stream of a client. */
const CREATED = "http2.client.stream.created";

/** Reads to their end, and drops, the late answers to all HTTP/2 clients of the process, for as long as the life lasts. */
export function dropLateStreams(life: Life): void {
  subscribe(CREATED, drop);
  life.defer("late answers", () => {
    unsubscribe(CREATED, drop);
  });
}

function drop(message: unknown): void {
  const { stream } = message as { stream: ClientHttp2Stream }; // documented with the channel
  if (stream.sentHeaders !== undefined) return; // asked by us
  stream.on("error", () => {}).resume();
}
