/** One shared terminal: a pty, its scrollback, and the people who have it open. */

import { randomBytes } from "node:crypto";
import { type IPty, spawn } from "@lydell/node-pty";
import { conflict } from "../../../src/core/errors.ts";
import { TERMINAL_ACK_EVERY, type TerminalView } from "../../../src/protocol/project-terminals.ts";
import { signalSession } from "../processes.ts";
import { Scrollback } from "./scrollback.ts";
import { TerminalInput } from "./terminal-input.ts";

/** What a terminal tells one who has it open. */
export interface TerminalReader {
  output(output: { name: string; generation: string; text: string; offset: number }): void;
  resized(size: { name: string; cols: number; rows: number }): void;
  exited(exit: { name: string; generation: string; exitCode: number }): void;
  restarted(terminal: TerminalView): void;
  resync(terminal: { name: string; generation: string }): void;
}

export interface Size {
  cols: number;
  rows: number;
}

export interface ShellCommand {
  file: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
}

/** Units of text kept for whoever opens it later. */
const MAX_SCROLLBACK = 1_000_000;
/** The program pauses when the slowest reader lags by HIGH units, and goes on at LOW. */
const HIGH_WATER = TERMINAL_ACK_EVERY * 8;
const LOW_WATER = TERMINAL_ACK_EVERY * 2;
/** A reader that has held up the program for this long without a sign is sent no more. */
const STALLED_AFTER_MS = 3_000;
/** Output is gathered for this long while it flows. */
const GATHER_MS = 4;
/** Time between asking the processes to end and ending them. */
const KILL_AFTER_MS = 2_000;

interface Attached {
  reader: TerminalReader;
  size: Size;
  /** Offsets. */
  sent: number;
  acked: number;
  /** Dropped to resync: gets nothing until it opens the terminal again. */
  behind: boolean;
}

/**
 * States: running (a pty) → exited (a code) → running again, of a new generation, by `restart`. Readers come and go in any state.
 * While running: flowing ⇄ paused, by how far the slowest reader that is not behind lags.
 */
export class Terminal {
  readonly name: string;
  readonly #command: () => ShellCommand;
  readonly #readers = new Map<string, Attached>();
  #generation = "";
  #pty: IPty | undefined;
  #input: TerminalInput | undefined;
  #exitCode: number | null = null;
  #scrollback = new Scrollback(MAX_SCROLLBACK);
  #size: Size;
  /** Id of the reader who typed last. */
  #typist: string | undefined;
  #gathered = "";
  #flushTimer: NodeJS.Timeout | undefined;
  #paused = false;
  #stallTimer: NodeJS.Timeout | undefined;
  #ended = Promise.withResolvers<void>();

  constructor(name: string, { size, command }: { size: Size; command: () => ShellCommand }) {
    this.name = name;
    this.#size = size;
    this.#command = command;
    this.#start();
  }

  get view(): TerminalView {
    return { name: this.name, generation: this.#generation, ...this.#size, exitCode: this.#exitCode };
  }

  get readers(): number {
    return this.#readers.size;
  }

  get isRunning(): boolean {
    return this.#pty !== undefined;
  }

  /** Opens it for a reader; `since` is what that has from an earlier stay. */
  attach(
    id: string,
    reader: TerminalReader,
    { size, since }: { size: Size; since?: { generation: string; offset: number } | undefined },
  ) {
    this.#flush();
    const from = since?.generation === this.#generation ? since.offset : 0;
    const part = this.#scrollback.since(from);
    const end = this.#scrollback.end;
    this.#readers.set(id, { reader, size, sent: end, acked: end, behind: false });
    if (this.#readers.size === 1) this.#resizeTo(size);
    this.#flow();
    return { terminal: this.view, ...part };
  }

  detach(id: string): void {
    if (!this.#readers.delete(id)) return;
    if (this.#typist === id) this.#typist = undefined;
    const [left] = this.#readers.values();
    if (left !== undefined && this.#readers.size === 1) this.#resizeTo(left.size);
    this.#flow();
  }

  /** What a reader typed; the terminal takes that reader's size. Resolves when there is room for more, or after a while. */
  async input(id: string, text: string): Promise<void> {
    const attached = this.#attached(id);
    if (this.#input === undefined) throw conflict("This terminal has ended; start it again.");
    if (this.#typist !== id) this.#resizeTo(attached.size);
    this.#typist = id;
    await this.#input.type(text);
  }

  resize(id: string, size: Size): void {
    this.#attached(id).size = size;
    if (this.#typist === undefined || this.#typist === id || this.#readers.size === 1) this.#resizeTo(size);
  }

  ack(id: string, offset: number): void {
    const attached = this.#readers.get(id);
    if (attached === undefined || attached.behind) return;
    attached.acked = Math.min(Math.max(attached.acked, offset), attached.sent);
    this.#flow();
  }

  /** A new shell under the same name. @throws AppError `conflict` while one runs. */
  restart(): TerminalView {
    if (this.#pty !== undefined) throw conflict("This terminal is running.");
    this.#scrollback = new Scrollback(MAX_SCROLLBACK);
    for (const attached of this.#readers.values()) Object.assign(attached, { sent: 0, acked: 0, behind: false });
    this.#start();
    for (const { reader } of this.#readers.values()) reader.restarted(this.view);
    return this.view;
  }

  /** Ends its processes: a hang-up first, then by force. Resolves when the shell has ended. */
  async kill(): Promise<void> {
    const pty = this.#pty;
    if (pty === undefined) return;
    const force = setTimeout(() => void signalSession(pty.pid, "SIGKILL"), KILL_AFTER_MS);
    pty.resume(); // a paused one would never be seen to end
    await signalSession(pty.pid, "SIGHUP");
    await this.#ended.promise;
    clearTimeout(force);
    await signalSession(pty.pid, "SIGKILL"); // what ignored the hang-up
  }

  #start(): void {
    const { file, args, cwd, env } = this.#command();
    const pty = spawn(file, args, { name: "xterm-256color", cwd, env, ...this.#size });
    this.#generation = randomBytes(8).toString("hex");
    this.#pty = pty;
    this.#input = new TerminalInput(pty);
    this.#exitCode = null;
    this.#paused = false;
    this.#ended = Promise.withResolvers();
    pty.onData((text) => this.#gather(text));
    pty.onExit(({ exitCode, signal }) => this.#onExit(signal ? 128 + signal : exitCode));
  }

  #onExit(exitCode: number): void {
    this.#flush();
    this.#pty = undefined;
    this.#input?.end();
    this.#input = undefined;
    this.#exitCode = exitCode;
    clearTimeout(this.#stallTimer);
    this.#stallTimer = undefined;
    const exit = { name: this.name, generation: this.#generation, exitCode };
    for (const { reader } of this.#readers.values()) reader.exited(exit);
    this.#ended.resolve();
  }

  /** Sends a first piece at once, so that a key is echoed without delay, and gathers what follows closely. */
  #gather(text: string): void {
    this.#gathered += text;
    if (this.#gathered.length >= TERMINAL_ACK_EVERY) this.#flush();
    if (this.#flushTimer !== undefined) return;
    this.#flush();
    this.#flushTimer = setTimeout(() => {
      this.#flushTimer = undefined;
      this.#flush();
    }, GATHER_MS);
  }

  #flush(): void {
    const text = this.#gathered;
    if (text === "") return;
    this.#gathered = "";
    const output = { name: this.name, generation: this.#generation, text, offset: this.#scrollback.end };
    this.#scrollback.append(text);
    for (const attached of this.#readers.values()) {
      if (attached.behind) continue;
      attached.sent = this.#scrollback.end;
      attached.reader.output(output);
    }
    this.#flow();
  }

  /** Pauses or resumes the program by the slowest reader. */
  #flow(): void {
    const lags = [...this.#readers.values()].filter(({ behind }) => !behind).map(({ sent, acked }) => sent - acked);
    const lag = Math.max(0, ...lags);
    if (!this.#paused && lag > HIGH_WATER && this.#pty !== undefined) {
      this.#paused = true;
      this.#pty.pause();
      this.#watchStall();
    } else if (this.#paused && lag < LOW_WATER) {
      this.#paused = false;
      clearTimeout(this.#stallTimer);
      this.#stallTimer = undefined;
      this.#pty?.resume();
    }
  }

  /** Whoever lags and has acknowledged nothing since the last look is dropped to resync. */
  #watchStall(): void {
    const before = new Map([...this.#readers].map(([id, { acked }]) => [id, acked]));
    this.#stallTimer = setTimeout(() => {
      for (const [id, attached] of this.#readers) {
        const lags = attached.sent - attached.acked >= LOW_WATER;
        if (!lags || attached.behind || attached.acked !== before.get(id)) continue;
        attached.behind = true;
        attached.reader.resync({ name: this.name, generation: this.#generation });
      }
      this.#flow();
      if (this.#paused) this.#watchStall();
    }, STALLED_AFTER_MS);
  }

  #resizeTo(size: Size): void {
    if (size.cols === this.#size.cols && size.rows === this.#size.rows) return;
    this.#size = { cols: size.cols, rows: size.rows };
    try {
      this.#pty?.resize(size.cols, size.rows);
    } catch {
      // the shell ended this instant: onExit tells
    }
    for (const { reader } of this.#readers.values()) reader.resized({ name: this.name, ...this.#size });
  }

  #attached(id: string): Attached {
    const attached = this.#readers.get(id);
    if (attached === undefined) throw conflict("Open this terminal first.");
    return attached;
  }
}
