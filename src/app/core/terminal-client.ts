/** One terminal as a browser follows it: output in order and without gaps or doubles over reconnects, keys, size, exit and restart. */

import type { ProjectRequestName } from "../../protocol/project-socket.ts";
import type { TerminalAnswers } from "../../protocol/project-terminals.ts";
import type { TerminalScheme } from "../../protocol/terminal-colours.ts";
import { TERMINAL_SIGNALS } from "../../protocol/terminal-signals.ts";
import type { ProjectConnection, ProjectRequest } from "./project-connection.ts";
import { wordsOf } from "./request-error.ts";
import { Store } from "./store.ts";

/** What the screen does. */
export interface TerminalScreen {
  /** Puts text out; calls back when it has been taken in, which is when more may come. */
  write(text: string, taken: () => void): void;
  /** The size that fits this window: the terminal may have another one, that of somebody who types. */
  wanted(): Size;
  /** Takes the terminal's size once everything that was written before is put out. */
  resize(size: Size): void;
  scheme(): TerminalScheme;
}

interface Size {
  cols: number;
  rows: number;
}

export type TerminalState =
  | { kind: "opening" }
  | { kind: "open" }
  /** Keys wait here until the connection is back. */
  | { kind: "offline" }
  | { kind: "exited"; exitCode: number }
  | { kind: "failed"; message: string };

type Ack = typeof import("../../protocol/project-terminals.ts").TERMINAL_ACK_EVERY;
/** Half of what the server allows at most. */
const ACK_EVERY = (32_768 satisfies Ack) / 2;
const MOST_HELD_KEYS = 10_000;
/** Most units of text that are on their way: more goes when the program has taken some. */
const PIECE = 32_768;
/** Of a paste that is too large for a terminal, nothing is sent. */
const MOST_UNSENT = 32_000_000;

/**
 * States: opening → open ⇄ offline; open → exited → open by `restart`; failed is left by the next connection. Output carries the offset at
 * which it begins; what is not newer than what was written is dropped, and a gap opens the terminal anew from the last offset.
 */
export class TerminalClient {
  readonly state = new Store<TerminalState>({ kind: "opening" });
  readonly #connection: ProjectConnection;
  readonly #name: string;
  readonly #screen: TerminalScreen;
  readonly #cwd: string | undefined;
  readonly #undo: (() => void)[] = [];
  #generation: string | undefined;
  #offset = 0;
  #acknowledged = 0;
  /** Of the shell that was last told to have ended. */
  #exit: { generation: string; exitCode: number } | undefined;
  #held = "";
  #unsent = "";
  #onItsWay = 0;
  #opening = false;
  #closed = false;

  constructor(connection: ProjectConnection, name: string, { screen, cwd }: { screen: TerminalScreen; cwd?: string }) {
    this.#connection = connection;
    this.#name = name;
    this.#screen = screen;
    this.#cwd = cwd;
    this.#listen();
    this.#follow();
  }

  /** Sends bytes of a program's old protocols (a mouse's reports): of use now or never. */
  typeBytes(bytes: string): void {
    if (this.state.get().kind === "open")
      void this.#ask("terminal_input", { name: this.#name, text: bytes, binary: true });
  }

  /** Sends keys; without a connection they are held, a bounded amount, and sent when it is back, if the shell is the same then. */
  type(text: string): void {
    const { kind } = this.state.get();
    if (kind === "opening" || kind === "offline") {
      if (this.#held.length + text.length <= MOST_HELD_KEYS) this.#held += text;
      return;
    }
    if (kind !== "open") return;
    if (TERMINAL_SIGNALS.has(text)) {
      this.#unsent = ""; // what was to come before a signal is not wanted any more
      void this.#send(text);
    } else if (this.#unsent.length + text.length <= MOST_UNSENT) {
      this.#unsent += text;
      this.#sendWaiting();
    } else this.#say("This is too much for a terminal: nothing of it was sent. Upload it as a file instead.");
  }

  /** Sends what was typed: keys at once, more of it when the program has taken what is on its way. */
  #sendWaiting(): void {
    while (this.#unsent !== "" && this.#onItsWay < PIECE) {
      const isCut = /[\ud800-\udbff]/.test(this.#unsent.charAt(PIECE - 1)); // a character of two units
      const piece = this.#unsent.slice(0, isCut ? PIECE + 1 : PIECE);
      this.#unsent = this.#unsent.slice(piece.length);
      void this.#send(piece);
    }
  }

  async #send(piece: string): Promise<void> {
    this.#onItsWay += piece.length;
    try {
      await this.#connection.request("terminal_input", { name: this.#name, text: piece });
    } catch (error) {
      this.#unsent = "";
      if (this.#connection.status.get() === "online") this.#say(wordsOf(error));
    }
    this.#onItsWay -= piece.length;
    this.#sendWaiting();
  }

  /** Words of ours among the output. */
  #say(words: string): void {
    this.#screen.write(`\r\n\x1b[7m ${words} \x1b[0m\r\n`, () => {});
  }

  /** Tells how this window is now. The terminal takes its size if this is who decides. */
  windowChanged(): void {
    if (this.state.get().kind !== "open") return;
    void this.#ask("terminal_resize", { name: this.#name, ...this.#window() });
  }

  #window(): Size & { scheme: TerminalScheme } {
    return { ...this.#screen.wanted(), scheme: this.#screen.scheme() };
  }

  /** A new shell after the last has ended. */
  async restart(): Promise<void> {
    const { terminal } = await this.#connection.request("terminal_restart", { name: this.#name });
    this.#restarted(terminal.generation);
  }

  /** Stops following; the terminal runs on. */
  close(): void {
    this.#closed = true;
    for (const undo of this.#undo) undo();
    if (this.#connection.status.get() === "online") void this.#ask("terminal_close", { name: this.#name });
  }

  #listen(): void {
    const mine =
      <E extends { name: string }>(act: (event: E) => void) =>
      (event: E) => {
        if (event.name === this.#name) act(event);
      };
    const connection = this.#connection;
    this.#undo.push(
      connection.status.subscribe(() => this.#follow()),
      connection.on(
        "terminal_output",
        mine((output) => this.#output(output)),
      ),
      connection.on(
        "terminal_resized",
        mine(({ cols, rows }) => this.#screen.resize({ cols, rows })),
      ),
      connection.on(
        "terminal_exited",
        mine((exit) => {
          this.#exit = exit;
          this.state.set({ kind: "exited", exitCode: exit.exitCode });
        }),
      ),
      connection.on(
        "terminal_restarted",
        mine(({ generation }) => this.#restarted(generation)),
      ),
      connection.on(
        "terminal_resync",
        mine(() => void this.#open()),
      ),
    );
  }

  #follow(): void {
    const status = this.#connection.status.get();
    const kind = this.state.get().kind;
    if (status === "online") void this.#open();
    else if (kind === "open" || (kind === "opening" && status !== "connecting")) this.state.set({ kind: "offline" });
  }

  async #open(): Promise<void> {
    if (this.#opening || this.#closed) return;
    this.#opening = true;
    const since = this.#generation === undefined ? {} : { generation: this.#generation, offset: this.#offset };
    const place = this.#cwd === undefined ? {} : { cwd: this.#cwd };
    try {
      const answer = await this.#connection.request("terminal_open", {
        name: this.#name,
        ...this.#window(),
        ...since,
        ...place,
      });
      if (!this.#closed) this.#opened(answer);
    } catch (error) {
      const online = this.#connection.status.get() === "online";
      this.state.set(online ? { kind: "failed", message: wordsOf(error) } : { kind: "offline" });
    } finally {
      this.#opening = false;
    }
  }

  #opened({ terminal, screen, text, offset }: TerminalAnswers["terminal_open"]): void {
    const isAnother = this.#generation !== undefined && this.#generation !== terminal.generation;
    const held = this.#held;
    this.#held = "";
    this.#screen.resize(terminal); // somebody may have resized it while this one was away
    if (screen !== null) {
      this.#screen.write(screen, () => {});
      this.#generation = terminal.generation;
      this.#acknowledged = offset;
    }
    this.#offset = offset + text.length;
    this.#write(text);
    // what came in one packet with this answer is seen before it
    const exitCode = terminal.generation === this.#exit?.generation ? this.#exit.exitCode : terminal.exitCode;
    this.state.set(exitCode === null ? { kind: "open" } : { kind: "exited", exitCode });
    if (exitCode !== null || held === "") return;
    if (isAnother)
      this.#say("This is another shell: what you typed meanwhile was meant for the last one and was not sent.");
    else this.type(held);
  }

  #output(output: { generation: string; text: string; offset: number }): void {
    if (this.#opening) return; // the answer holds it, or the gap it leaves opens once more
    if (output.generation !== this.#generation) return void this.#open();
    const end = output.offset + output.text.length;
    if (end <= this.#offset) return;
    if (output.offset > this.#offset) return void this.#open();
    const text = output.text.slice(this.#offset - output.offset);
    this.#offset = end;
    this.#write(text);
  }

  #write(text: string): void {
    if (text === "") return;
    const end = this.#offset;
    const generation = this.#generation;
    this.#screen.write(text, () => {
      if (generation !== this.#generation || this.#closed || end - this.#acknowledged < ACK_EVERY) return;
      this.#acknowledged = end;
      void this.#ask("terminal_ack", { name: this.#name, offset: end });
    });
  }

  /** What is typed from now on is meant for the new shell. */
  #restarted(generation: string): void {
    const isOpening = this.#opening && this.#generation === undefined;
    if (generation === this.#generation || isOpening) return;
    this.#held = "";
    this.#generation = undefined;
    this.state.set({ kind: "opening" });
    void this.#open();
  }

  /** What may be lost with the connection: opening again puts it right. */
  async #ask<N extends ProjectRequestName>(name: N, body: ProjectRequest<N>): Promise<void> {
    await this.#connection.request(name, body).catch(() => {});
  }
}
