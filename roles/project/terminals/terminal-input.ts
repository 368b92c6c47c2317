/** What is typed into a pty: in order, no faster than its program takes it, bounded, and with a way out when it takes nothing. */

import { writeSync } from "node:fs";
import type { IPty } from "@lydell/node-pty";
import { Backoff } from "../../../src/core/backoff.ts";
import { codeOf, conflict } from "../../../src/core/errors.ts";
import { TERMINAL_SIGNALS } from "../../../src/protocol/terminal-signals.ts";
import { signalForeground } from "../processes.ts";

/** Most bytes that wait for a program that reads nothing; one request more may come on top. */
const MAX_UNREAD = 1_000_000;
/** Whoever types is told that there is room when so many bytes or fewer wait. */
const LOW_WATER = 32_768;
const PIECE_BYTES = 4_096;
/** Whoever types is answered by then, also when there is no room yet. */
const ANSWERED_AFTER_MS = 2_000;

const NOTHING = Buffer.alloc(0);

/** A program that was not reading is looked at again after so long, at first and at most. */
const AGAIN_AFTER_MS = { firstMs: 10, maxMs: 200 };

/** What this needs of the library's terminal beyond its interface. */
interface Master {
  fd: number;
  _socket: { destroyed: boolean };
}

/**
 * States: idle ⇄ waiting, while the program takes nothing. It is written without the library, whose stream offers what was not taken again at once and
 * for ever: a program that reads nothing would cost a whole core. What waits here can still be dropped.
 */
export class TerminalInput {
  readonly #pty: IPty;
  readonly #master: Master;
  readonly #again = new Backoff(AGAIN_AFTER_MS);
  #unread: Buffer = NOTHING;
  #timer: NodeJS.Timeout | undefined;
  #room = Promise.withResolvers<void>();

  constructor(pty: IPty) {
    this.#pty = pty;
    this.#master = pty as unknown as Master; // both fields are there in every terminal of a Unix system
  }

  /** Resolves when there is room for more, or after a while. `encoding` is latin1 where each unit is a byte. @throws AppError `conflict` when too much waits already. */
  async type(text: string, encoding: "utf8" | "latin1" = "utf8"): Promise<void> {
    const signal = TERMINAL_SIGNALS.get(text); // behind what a program does not read its key would wait for ever
    if (signal !== undefined && this.#timer !== undefined) return this.#interrupt(signal);
    if (this.#unread.length > MAX_UNREAD) {
      throw conflict(
        "The program in this terminal does not read what is typed, so this was not sent; Ctrl+C stops it and drops what waits.",
      );
    }
    this.#add(Buffer.from(text, encoding));
    if (this.#unread.length > LOW_WATER) await this.#waitForRoom();
  }

  /** What the terminal itself says because a program asked; dropped where much waits already, since whoever asked does not read. */
  answer(text: string): void {
    if (this.#unread.length <= LOW_WATER) this.#add(Buffer.from(text));
  }

  /** The shell has ended: nothing is written any more. */
  end(): void {
    this.#drop();
  }

  #add(bytes: Buffer): void {
    this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
    if (this.#timer === undefined) this.#write();
  }

  async #waitForRoom(): Promise<void> {
    const timer = setTimeout(() => this.#makeRoom(), ANSWERED_AFTER_MS);
    await this.#room.promise;
    clearTimeout(timer);
  }

  /** What a key would do at once if the program read; what was typed before it is dropped, as a terminal does. */
  async #interrupt(signal: NodeJS.Signals): Promise<void> {
    this.#drop();
    await signalForeground(this.#pty.pid, signal);
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#unread = NOTHING;
    this.#makeRoom();
  }

  /** Writes as much as the system takes now. A descriptor that was closed may be another file's already: never written to. */
  #write(): void {
    this.#timer = undefined;
    while (this.#unread.length > 0 && !this.#master._socket.destroyed) {
      const taken = this.#offer(this.#unread.subarray(0, PIECE_BYTES));
      if (taken === 0) {
        this.#timer = setTimeout(() => this.#write(), this.#again.next());
        return;
      }
      this.#again.reset();
      this.#unread = this.#unread.subarray(taken);
    }
    if (this.#unread.length <= LOW_WATER) this.#makeRoom();
  }

  #offer(piece: Buffer): number {
    try {
      return writeSync(this.#master.fd, piece);
    } catch (error) {
      if (codeOf(error) === "EAGAIN") return 0;
      return piece.length; // the shell has ended this instant: nobody is left to read it
    }
  }

  #makeRoom(): void {
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }
}
