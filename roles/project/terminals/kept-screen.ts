/**
 * The screen of one terminal as the server keeps it, by xterm without a browser: it answers what programs ask of a terminal, once whoever looks, and is
 * handed as text to whoever comes later. Knows no pty and no people.
 */

import type { Terminal as Headless } from "@xterm/headless";
import type { TerminalColours } from "../../../src/protocol/terminal-colours.ts";
import { installWidths } from "../../../src/protocol/terminal-widths.ts";
import { ScreenColours } from "./screen-colours.ts";
import { type ScreenCore, screenState } from "./screen-state.ts";
import type { Size } from "./size.ts";

/** Cells kept above the screen: 3,000 lines of 80 columns, which is 3 MB. */
const MOST_CELLS = 240_000;
/** No title of use is longer. */
const MOST_TITLE = 200;

interface Options {
  size: Size;
  /** What a program asked for. */
  answer: (text: string) => void;
  /** The colours that whoever looks has now. */
  colours: () => TerminalColours;
}

type Libraries = Awaited<ReturnType<typeof loadLibraries>>;
let libraries: Promise<Libraries> | undefined;

async function loadLibraries() {
  const headless = (await import("@xterm/headless")).default;
  // The tables of this one are read wrongly from a buffer that shares its memory with others: it looks at the beginning of that memory.
  const { poolSize } = Buffer;
  Buffer.poolSize = 0;
  try {
    return { headless, graphemes: (await import("@xterm/addon-unicode-graphemes")).default };
  } finally {
    Buffer.poolSize = poolSize;
  }
}

/** Loads what screens need: when the first terminal is opened, as most projects' servers start without one. */
export async function screens(): Promise<(options: Options) => KeptScreen> {
  libraries ??= loadLibraries();
  const loaded = await libraries;
  return (options) => new KeptScreen(loaded, options);
}

export class KeptScreen {
  readonly #terminal: Headless;
  readonly #core: ScreenCore;
  readonly #colours: ScreenColours;
  readonly #widths: { countsGraphemes(): boolean };
  #title = "";

  constructor({ headless, graphemes }: Libraries, { size, answer, colours }: Options) {
    const terminal = new headless.Terminal({
      ...size,
      scrollback: linesFor(size),
      allowProposedApi: true,
      logLevel: "off",
      windowOptions: { getWinSizeChars: true },
    });
    this.#terminal = terminal;
    this.#core = (terminal as unknown as { _core: ScreenCore })._core; // see there
    this.#widths = installWidths(terminal, new graphemes.UnicodeGraphemesAddon());
    this.#colours = new ScreenColours(terminal.parser, { answer, colours });
    this.#answerModes(answer);
    terminal.onTitleChange((title) => {
      this.#title = title.slice(0, MOST_TITLE);
    });
    terminal.onData(answer);
  }

  /** Puts output on the screen before it returns. */
  write(text: string): void {
    this.#core.writeSync(text);
  }

  resize(size: Size): void {
    this.#terminal.options.scrollback = linesFor(size);
    this.#terminal.resize(size.cols, size.rows);
  }

  /** Is the end of the output the beginning of a control sequence? It has to be repeated to whoever gets this screen. */
  get isAmidSequence(): boolean {
    return this.#core._inputHandler._parser.currentState !== 0;
  }

  /** Output that makes any terminal of this size the same: from a full reset to colours, modes, title and cursor. */
  serialized(): string {
    const graphemes = this.#widths.countsGraphemes() ? "\x1b[?2027h" : "";
    const title = `\x1b]2;${this.#title}\x07`;
    return `\x1bc${this.#colours.serialized()}${title}${screenState(this.#terminal, this.#core, graphemes)}`;
  }

  close(): void {
    this.#terminal.dispose();
  }

  #answerModes(answer: (text: string) => void): void {
    this.#terminal.parser.registerCsiHandler({ prefix: "?", intermediates: "$", final: "p" }, ([mode]) => {
      if (mode !== 2027) return false;
      answer(`\x1b[?2027;${this.#widths.countsGraphemes() ? 1 : 2}$y`);
      return true;
    });
  }
}

const linesFor = ({ cols }: Size) => Math.floor(MOST_CELLS / cols);
