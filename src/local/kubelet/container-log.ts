/** A container's log: its output as lines with time and stream, in files that are turned over before they grow long. */

import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { makeFolder } from "../files.ts";

/** With the turned-over one, at most twice that. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_LINE_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

/** One run of one container. Lines on disk: `2026-01-31T12:00:00.000Z stdout F text`; P instead of F for a piece of a line. */
export class ContainerLog {
  readonly path: string;
  readonly #listeners = new Set<() => void>();
  #file: FileHandle | undefined;
  #size = 0;
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(path: string): Promise<ContainerLog> {
    const log = new ContainerLog(path);
    await makeFolder(dirname(path));
    log.#file = await open(path, "a", 0o600);
    return log;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Follows one of a process's outputs to its end; a process that writes faster than the disk waits. */
  async copy(stream: "stdout" | "stderr", output: Readable): Promise<void> {
    let rest: Buffer<ArrayBufferLike> = Buffer.alloc(0);
    for await (const chunk of output as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const lines: Buffer[] = [];
      for (let end = endOfLine(rest); end !== undefined; end = endOfLine(rest)) {
        lines.push(stamped(stream, rest.subarray(0, end), rest[end] === NEWLINE));
        rest = rest.subarray(rest[end] === NEWLINE ? end + 1 : end);
      }
      if (lines.length > 0) await this.#append(Buffer.concat(lines));
    }
    if (rest.length > 0) await this.#append(stamped(stream, rest, false));
  }

  /** Waits until something is added, the log is closed, or the signal is aborted. */
  async grown(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#listeners.add(resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted || this.#closed) resolve();
    await promise;
    this.#listeners.delete(resolve);
  }

  async close(): Promise<void> {
    await this.#last;
    this.#closed = true;
    await this.#file?.close();
    this.#file = undefined;
    this.#tell();
  }

  #append(bytes: Buffer): Promise<void> {
    this.#last = this.#last.then(async () => {
      if (this.#size > MAX_FILE_BYTES) await this.#turnOver();
      await this.#file?.appendFile(bytes);
      this.#size += bytes.length;
      this.#tell();
    });
    return this.#last;
  }

  async #turnOver(): Promise<void> {
    await this.#file?.close();
    await rename(this.path, `${this.path}.1`);
    this.#file = await open(this.path, "a", 0o600);
    this.#size = 0;
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Where the next line, or piece of a long one, ends. */
function endOfLine(bytes: Buffer): number | undefined {
  const newline = bytes.indexOf(NEWLINE);
  if (newline !== -1 && newline <= MAX_LINE_BYTES) return newline;
  return bytes.length > MAX_LINE_BYTES ? MAX_LINE_BYTES : undefined;
}

function stamped(stream: string, text: Buffer, whole: boolean): Buffer {
  return Buffer.concat([
    Buffer.from(`${new Date().toISOString()} ${stream} ${whole ? "F" : "P"} `),
    text,
    Buffer.from("\n"),
  ]);
}
