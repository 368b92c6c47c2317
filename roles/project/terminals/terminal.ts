/** One shared terminal: a pty, its screen and the text before it, and the people who have it open. */

import { randomBytes } from "node:crypto";
import { type IPty, spawn } from "@lydell/node-pty";
import { conflict } from "../../../src/core/errors.ts";
import {
  TERMINAL_ACK_EVERY,
  type TerminalAnswers,
  type TerminalView,
} from "../../../src/protocol/project-terminals.ts";
import { TERMINAL_COLOURS, type TerminalScheme } from "../../../src/protocol/terminal-colours.ts";
import { signalSession } from "../processes.ts";
import type { KeptScreen, screens } from "./kept-screen.ts";
import type { OutputAccount, OutputShare } from "./output-share.ts";
import { Readers, type TerminalReader } from "./readers.ts";
import { Scrollback } from "./scrollback.ts";
import type { Size } from "./size.ts";
import { TerminalInput } from "./terminal-input.ts";
import { Turn } from "./turn.ts";

export interface ShellCommand {
  file: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
}

interface Options {
  size: Size;
  command: () => ShellCommand;
  newScreen: Awaited<ReturnType<typeof screens>>;
  /** Of the server's thread, for the output of all terminals. */
  share: OutputShare;
}

export interface Attaching {
  reader: TerminalReader;
  size: Size;
  scheme?: TerminalScheme | undefined;
  /** What the reader has from an earlier stay. */
  since?: { generation: string; offset: number } | undefined;
}

/** Units of text kept for whoever was here before and comes back. */
const MAX_SCROLLBACK = 1_000_000;
/** Output is gathered for this long while it flows. */
const GATHER_MS = 4;
/** Time between asking the processes to end and ending them. */
const KILL_AFTER_MS = 2_000;

/** States: running (a pty) → exited (a code) → running again, of a new generation, by `restart`. Readers come and go in any state. */
export class Terminal {
  readonly name: string;
  readonly #options: Options;
  readonly #readers: Readers;
  readonly #turn = new Turn();
  readonly #account: OutputAccount;
  /** For whose sake the program is held up: readers that lag, or the rest of the server. */
  readonly #holds = new Set<"readers" | "share">();
  #generation = "";
  #pty: IPty | undefined;
  #input: TerminalInput | undefined;
  #exitCode: number | null = null;
  #scrollback = new Scrollback(MAX_SCROLLBACK);
  #screen: KeptScreen;
  #size: Size;
  /** Offset at which the size changed last: text before it was laid out otherwise. */
  #resizedAt = 0;
  /** Of whoever has the turn; this one until somebody says how their screen looks. */
  #scheme: TerminalScheme = "dark";
  #gathered = "";
  #flushTimer: NodeJS.Timeout | undefined;
  #ended = Promise.withResolvers<void>();

  constructor(name: string, options: Options) {
    this.name = name;
    this.#size = options.size;
    this.#options = options;
    this.#readers = new Readers({
      isRunning: () => this.isRunning,
      pause: () => this.#hold("readers"),
      resume: () => this.#letGo("readers"),
      drop: (reader) => reader.resync({ name, generation: this.#generation }),
    });
    this.#account = options.share.open({ pause: () => this.#hold("share"), resume: () => this.#letGo("share") });
    this.#screen = this.#newScreen();
    this.#start();
  }

  get view(): TerminalView {
    return { name: this.name, generation: this.#generation, ...this.#size, exitCode: this.#exitCode };
  }

  get readers(): number {
    return this.#readers.count;
  }

  get isRunning(): boolean {
    return this.#pty !== undefined;
  }

  /** Opens it for a reader. */
  attach(id: string, { reader, size, scheme, since }: Attaching): TerminalAnswers["terminal_open"] {
    this.#flush();
    this.#readers.add(id, { reader, size, scheme, at: this.#scrollback.end });
    if (this.#readers.count === 1) this.#give(id);
    const known = since?.generation === this.#generation && since.offset >= this.#resizedAt ? since.offset : undefined;
    const missed = known === undefined ? undefined : this.#scrollback.since(known);
    return { terminal: this.view, ...(missed === undefined ? this.#whole() : { screen: null, ...missed }) };
  }

  detach(id: string): void {
    if (!this.#readers.remove(id)) return;
    this.#turn.leave(id);
    const { only } = this.#readers;
    if (only !== undefined) this.#give(only);
  }

  /** What a reader typed, whose size the terminal takes in turn. Resolves when there is room for more, or after a while. */
  async input(id: string, text: string, encoding: "utf8" | "latin1" = "utf8"): Promise<void> {
    this.#attached(id);
    if (this.#input === undefined) throw conflict("This terminal has ended; start it again.");
    if (this.#turn.typed(id, text)) this.#give(id);
    await this.#input.type(text, encoding);
  }

  /** Somebody's window has another size, or other colours. */
  resize(id: string, { size, scheme }: Pick<Attaching, "size" | "scheme">): void {
    const attached = this.#attached(id);
    attached.size = size;
    attached.scheme = scheme ?? attached.scheme;
    if (this.#turn.isOf(id)) this.#give(id);
  }

  ack(id: string, offset: number): void {
    this.#readers.acknowledge(id, offset);
  }

  /** A new shell under the same name. @throws AppError `conflict` while one runs. */
  restart(): TerminalView {
    if (this.#pty !== undefined)
      throw conflict("This terminal is still running: end its shell first (`exit`), then start it again.");
    this.#scrollback = new Scrollback(MAX_SCROLLBACK);
    this.#resizedAt = 0;
    this.#screen.close();
    this.#screen = this.#newScreen();
    this.#readers.restart();
    this.#start();
    this.#readers.tellAll((reader) => reader.restarted(this.view));
    return this.view;
  }

  /** Ends its processes: a hang-up first, then by force. Resolves when the shell has ended. */
  async kill(): Promise<void> {
    const pty = this.#pty;
    if (pty === undefined) return;
    const force = setTimeout(() => void signalSession(pty.pid, "SIGKILL"), KILL_AFTER_MS);
    this.#flowAgain();
    pty.resume(); // a paused one would never be seen to end
    await signalSession(pty.pid, "SIGHUP");
    await this.#ended.promise;
    clearTimeout(force);
    await signalSession(pty.pid, "SIGKILL"); // what ignored the hang-up
  }

  /** Nobody opens it any more: gives its memory back. */
  forget(): void {
    this.#account.close();
    this.#screen.close();
  }

  #start(): void {
    const { file, args, cwd, env } = this.#options.command();
    const pty = spawn(file, args, { name: "xterm-256color", cwd, env, ...this.#size });
    this.#generation = randomBytes(8).toString("hex");
    this.#pty = pty;
    this.#input = new TerminalInput(pty);
    this.#exitCode = null;
    this.#ended = Promise.withResolvers();
    pty.onData((text) => this.#gather(text));
    pty.onExit(({ exitCode, signal }) => this.#onExit(signal ? 128 + signal : exitCode));
  }

  #newScreen(): KeptScreen {
    return this.#options.newScreen({
      size: this.#size,
      answer: (text) => this.#input?.answer(text),
      colours: () => TERMINAL_COLOURS[this.#scheme],
    });
  }

  #onExit(exitCode: number): void {
    this.#flush();
    this.#pty = undefined;
    this.#input?.end();
    this.#input = undefined;
    this.#exitCode = exitCode;
    this.#flowAgain();
    this.#readers.rest();
    const exit = { name: this.name, generation: this.#generation, exitCode };
    this.#readers.tellAll((reader) => reader.exited(exit));
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
    this.#account.spend(() => {
      const offset = this.#scrollback.end;
      this.#scrollback.append(text);
      this.#readers.send({ name: this.name, generation: this.#generation, text, offset });
      this.#screen.write(text);
    });
  }

  /** A shell that has ended is held up no more: its library gives up what is not read soon. */
  #hold(by: "readers" | "share"): void {
    if (this.#pty === undefined || !isAlive(this.#pty.pid)) return;
    if (this.#holds.size === 0) this.#pty.pause();
    this.#holds.add(by);
  }

  #letGo(by: "readers" | "share"): void {
    if (this.#holds.delete(by) && this.#holds.size === 0) this.#pty?.resume();
  }

  #flowAgain(): void {
    this.#holds.clear();
    this.#account.rest();
  }

  /** The screen as it is now, and what was put out of a control sequence that has not ended yet. */
  #whole(): { screen: string; text: string; offset: number } {
    const screen = this.#screen.serialized();
    const { end, start } = this.#scrollback;
    if (!this.#screen.isAmidSequence) return { screen, text: "", offset: end };
    const kept = this.#scrollback.since(start)?.text ?? "";
    const begun = kept.lastIndexOf("\x1b");
    return begun < 0 ? { screen, text: "", offset: end } : { screen, text: kept.slice(begun), offset: start + begun };
  }

  /** The terminal is as a reader's window is. */
  #give(id: string): void {
    this.#turn.give(id);
    const { size, scheme } = this.#attached(id);
    this.#scheme = scheme ?? this.#scheme;
    this.#resizeTo(size);
  }

  #resizeTo(size: Size): void {
    if (size.cols === this.#size.cols && size.rows === this.#size.rows) return;
    this.#flush();
    this.#size = { cols: size.cols, rows: size.rows };
    this.#resizedAt = this.#scrollback.end;
    this.#screen.resize(this.#size);
    try {
      this.#pty?.resize(size.cols, size.rows);
    } catch {
      // the shell ended this instant: onExit tells
    }
    this.#readers.tellAll((reader) => reader.resized({ name: this.name, ...this.#size }));
  }

  #attached(id: string) {
    const attached = this.#readers.get(id);
    if (attached === undefined) throw conflict("Open this terminal first.");
    return attached;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // there is no such process any more
  }
}
