/** The end of a connection in words that are written on its socket itself, where there is no response to say them. */

import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { noteRefused } from "./request-watch.ts";

/** Ends our side with these words and lets go once they are sent: a stranger who never ends the other side would hold the socket. */
export function sayLast(socket: Duplex, words = ""): void {
  socket.end(words, () => socket.destroy());
}

/** Answers an upgrade with an error as HTTP and closes it. */
export function endUpgrade(socket: Duplex, status: number, message: string): void {
  noteRefused(socket, status);
  if (socket.writable) sayLast(socket, wordsOf(status, message));
  else socket.destroy();
}

/** An answer that is the last of its connection, with this text if any. */
export function wordsOf(status: number, message = ""): string {
  const body = message === "" ? "" : `${message}\n`;
  const type = body === "" ? "" : "Content-Type: text/plain; charset=utf-8\r\n";
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}\r\nConnection: close\r\n${type}` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
