/** Who has a terminal open: what each was sent and has acknowledged, and who holds the program up for too long. */

import { TERMINAL_ACK_EVERY, type TerminalView } from "../../../src/protocol/project-terminals.ts";
import type { TerminalScheme } from "../../../src/protocol/terminal-colours.ts";
import type { Size } from "./size.ts";

/** What a terminal tells one who has it open. */
export interface TerminalReader {
  output(output: { name: string; generation: string; text: string; offset: number }): void;
  resized(size: { name: string; cols: number; rows: number }): void;
  exited(exit: { name: string; generation: string; exitCode: number }): void;
  restarted(terminal: TerminalView): void;
  resync(terminal: { name: string; generation: string }): void;
}

/** The program pauses when the slowest reader lags by HIGH units, and goes on at LOW. */
const HIGH_WATER = TERMINAL_ACK_EVERY * 8;
const LOW_WATER = TERMINAL_ACK_EVERY * 2;
/** A reader that has held up the program for this long without a sign is sent no more. */
const STALLED_AFTER_MS = 3_000;

interface Attached {
  reader: TerminalReader;
  size: Size;
  scheme: TerminalScheme | undefined;
  /** Offsets. */
  sent: number;
  acked: number;
  /** Dropped to resync: gets nothing until it opens the terminal again. */
  behind: boolean;
}

interface Program {
  isRunning(): boolean;
  pause(): void;
  resume(): void;
  /** Tells a reader that it was dropped. */
  drop(reader: TerminalReader): void;
}

/** Flowing ⇄ paused, by how far the slowest reader that is not behind lags. */
export class Readers {
  readonly #attached = new Map<string, Attached>();
  readonly #program: Program;
  #paused = false;
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(program: Program) {
    this.#program = program;
  }

  get count(): number {
    return this.#attached.size;
  }

  get(id: string): Attached | undefined {
    return this.#attached.get(id);
  }

  /** The id of the only one, where there is but one. */
  get only(): string | undefined {
    return this.#attached.size === 1 ? this.#attached.keys().next().value : undefined;
  }

  /** Adds one who has everything up to an offset. */
  add(id: string, { at, ...who }: Pick<Attached, "reader" | "size" | "scheme"> & { at: number }): void {
    this.#attached.set(id, { ...who, sent: at, acked: at, behind: false });
    this.#flow();
  }

  remove(id: string): boolean {
    const was = this.#attached.delete(id);
    this.#flow();
    return was;
  }

  tellAll(tell: (reader: TerminalReader) => void): void {
    for (const { reader } of this.#attached.values()) tell(reader);
  }

  /** Sends output that ends at an offset to all who follow. */
  send(output: { name: string; generation: string; text: string; offset: number }): void {
    for (const attached of this.#attached.values()) {
      if (attached.behind) continue;
      attached.sent = output.offset + output.text.length;
      attached.reader.output(output);
    }
    this.#flow();
  }

  acknowledge(id: string, offset: number): void {
    const attached = this.#attached.get(id);
    if (attached === undefined || attached.behind) return;
    attached.acked = Math.min(Math.max(attached.acked, offset), attached.sent);
    this.#flow();
  }

  /** Another shell begins, at offset 0 for all. */
  restart(): void {
    this.rest();
    for (const attached of this.#attached.values()) Object.assign(attached, { sent: 0, acked: 0, behind: false });
  }

  /** The program has ended: there is nothing to pause. */
  rest(): void {
    this.#paused = false;
    clearTimeout(this.#stallTimer);
  }

  #flow(): void {
    const lags = [...this.#attached.values()].filter(({ behind }) => !behind).map(({ sent, acked }) => sent - acked);
    const lag = Math.max(0, ...lags);
    if (!this.#paused && lag > HIGH_WATER && this.#program.isRunning()) {
      this.#paused = true;
      this.#program.pause();
      this.#watchStall();
    } else if (this.#paused && lag < LOW_WATER) {
      this.rest();
      this.#program.resume();
    }
  }

  /** Whoever lags and has acknowledged nothing since the last look is dropped to resync. */
  #watchStall(): void {
    const before = new Map([...this.#attached].map(([id, { acked }]) => [id, acked]));
    this.#stallTimer = setTimeout(() => {
      for (const [id, attached] of this.#attached) {
        const lags = attached.sent - attached.acked >= LOW_WATER;
        if (!lags || attached.behind || attached.acked !== before.get(id)) continue;
        attached.behind = true;
        this.#program.drop(attached.reader);
      }
      this.#flow();
      if (this.#paused) this.#watchStall();
    }, STALLED_AFTER_MS);
  }
}
