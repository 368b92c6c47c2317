/** Sends a case on a connection of its own and reads the answers: whose each is, by its ETag. */

import { connect } from "node:net";
import type { Case } from "./cases.ts";

export interface Answered {
  status: number;
  /** Whom the answer names; "" for a refusal, which names nobody. */
  names: string;
}

const PATIENCE_MS = 20_000;
/** For what may rightly wait for more. */
const SHORT_PATIENCE_MS = 50;

/**
 * Resolves with the answers when there are as many as requests, or the connection is closed, or nothing comes any more. Of what may hang there may be
 * more requests than were meant: nothing else ends it but the patience.
 */
export async function send(port: number, each: Case, shortPatienceMs = SHORT_PATIENCE_MS): Promise<Answered[]> {
  const { asks, bytes, cuts, mayHang } = each;
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const { promise, resolve } = Promise.withResolvers<void>();
  let text = "";
  let answers: Answered[] = [];
  socket.on("data", (part: Buffer) => {
    text += part.toString("latin1");
    answers = answersIn(text, asks);
    if (answers.length === asks.length && !mayHang) resolve();
  });
  socket.on("error", () => resolve());
  socket.on("close", () => resolve());
  socket.setTimeout(mayHang ? shortPatienceMs : PATIENCE_MS, resolve);
  const places = [0, ...cuts, bytes.length];
  for (const [index, place] of places.slice(1).entries()) {
    socket.write(bytes.subarray(places[index], place));
    if (index < cuts.length) await new Promise((goOn) => void setImmediate(goOn));
  }
  await promise;
  socket.destroy();
  return answers;
}

/** The answers that are whole; those that come before an answer are none. */
function answersIn(text: string, asks: Case["asks"]): Answered[] {
  const answers: Answered[] = [];
  for (let at = 0; ; ) {
    const end = text.indexOf("\r\n\r\n", at);
    if (end < 0) return answers;
    const head = text.slice(at, end);
    const status = Number(head.split(" ", 2)[1]);
    at = end + 4;
    if (status < 200) continue;
    const names = /\r\netag: "([^"]*)"/i.exec(head)?.[1] ?? "";
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    const isEmpty = asks[answers.length]?.method === "HEAD" || /\r\ntransfer-encoding:/i.test(head);
    if (!isEmpty) at += length;
    if (at > text.length) return answers;
    answers.push({ status, names });
  }
}
