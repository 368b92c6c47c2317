/** Reads containers' logs from disk as the log sub-resource wants them: last lines, since a time, with times, following. */

import { open } from "node:fs/promises";
import type { LogRequest } from "../kube-api/logs.ts";
import type { ContainerLog } from "./container-log.ts";

type Wishes = Pick<LogRequest, "follow" | "timestamps" | "tailLines" | "limitBytes" | "since" | "signal">;

const CHUNK_BYTES = 64 * 1024;

/** The log, as it is and, if followed, as it grows until it is closed. */
export async function* readLog(log: ContainerLog, wishes: Wishes): AsyncGenerator<Buffer> {
  const reader = new LineReader(log.path);
  let left = wishes.limitBytes ?? Number.POSITIVE_INFINITY;
  const cut = (lines: Line[]): Buffer => {
    const bytes = Buffer.concat(lines.map((line) => present(line, wishes.timestamps)));
    const piece = bytes.subarray(0, Math.min(left, bytes.length));
    left -= piece.length;
    return piece;
  };
  try {
    yield cut(await beginning(reader, log.path, wishes));
    while (left > 0 && !wishes.signal.aborted) {
      const closed = log.isClosed;
      const more = await reader.more();
      if (more.length > 0) yield cut(more);
      else if (!wishes.follow || closed) return;
      else await log.grown(wishes.signal);
    }
  } finally {
    await reader.close();
  }
}

/** What was there when the reading began, but for what the wishes leave out. */
async function beginning(reader: LineReader, path: string, { tailLines, since }: Wishes): Promise<Line[]> {
  const older = new LineReader(`${path}.1`);
  let lines: Line[] = [];
  try {
    for (const part of [older, reader]) {
      for (let more = await part.more(); more.length > 0; more = await part.more()) {
        lines.push(...(since === undefined ? more : more.filter(({ time }) => Date.parse(time) >= since)));
        if (tailLines !== undefined && lines.length > tailLines) lines = lines.slice(lines.length - tailLines);
      }
    }
  } finally {
    await older.close();
  }
  return lines;
}

interface Line {
  time: string;
  text: Buffer;
  whole: boolean;
}

function present({ time, text, whole }: Line, timestamps: boolean): Buffer {
  return Buffer.concat([Buffer.from(timestamps ? `${time} ` : ""), text, Buffer.from(whole ? "\n" : "")]);
}

/** Reads a file that may grow, or be turned over: then it goes on with the new one. */
class LineReader {
  readonly #path: string;
  #file: Awaited<ReturnType<typeof open>> | undefined;
  #position = 0;
  #rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** The next complete lines; none at the present end. */
  async more(): Promise<Line[]> {
    for (;;) {
      this.#file ??= await open(this.#path, "r").catch(() => undefined); // not there: no lines
      if (!this.#file) return [];
      const buffer = Buffer.alloc(CHUNK_BYTES);
      const { bytesRead } = await this.#file.read(buffer, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) {
        if (!(await this.#turnedOver())) return [];
        continue;
      }
      this.#position += bytesRead;
      const lines = this.#take(buffer.subarray(0, bytesRead));
      if (lines.length > 0) return lines;
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  #take(bytes: Buffer): Line[] {
    const all = Buffer.concat([this.#rest, bytes]);
    const lines: Line[] = [];
    let from = 0;
    for (let end = all.indexOf(0x0a); end !== -1; end = all.indexOf(0x0a, from)) {
      lines.push(parseLine(all.subarray(from, end)));
      from = end + 1;
    }
    this.#rest = all.subarray(from);
    return lines;
  }

  async #turnedOver(): Promise<boolean> {
    const current = await open(this.#path, "r").catch(() => undefined); // between two files: look again later
    if (!current || !this.#file) return false;
    const [now, ours] = await Promise.all([current.stat(), this.#file.stat()]);
    if (now.ino === ours.ino) {
      await current.close();
      return false;
    }
    await this.#file.close();
    this.#file = current;
    this.#position = 0;
    return true;
  }
}

function parseLine(line: Buffer): Line {
  const head = /^(\S+) (?:stdout|stderr) ([FP]) /.exec(line.subarray(0, 64).toString("latin1"));
  if (!head) return { time: "", text: line, whole: true };
  return { time: head[1] ?? "", whole: head[2] === "F", text: line.subarray(head[0].length) };
}
