/** Colours that programs ask a terminal for and set (OSC 4, 10, 11, 12; 104 and 110–112 take them back). Without a browser the library knows none. */

import type { IParser } from "@xterm/headless";
import type { TerminalColours } from "../../../src/protocol/terminal-colours.ts";

interface Options {
  answer: (text: string) => void;
  /** The colours of whoever looks now: they hold until a program sets others. */
  colours: () => TerminalColours;
}

const SPECIAL = { 10: "foreground", 11: "background", 12: "cursor" } as const;
type Special = keyof typeof SPECIAL;
const PALETTE_SIZE = 256;
const MOST_ASKED = 512;
/** `#rgb`, `#rrggbb` and such, or `rgb:r/g/b`, each part of one to four digits. */
const SPECIFICATION =
  /^(?:#(?:[\da-f]{3}|[\da-f]{6}|[\da-f]{9}|[\da-f]{12})|rgb:[\da-f]{1,4}\/[\da-f]{1,4}\/[\da-f]{1,4})$/i;

export class ScreenColours {
  readonly #options: Options;
  readonly #palette = new Map<number, string>();
  readonly #special = new Map<Special, string>();

  constructor(parser: IParser, options: Options) {
    this.#options = options;
    parser.registerOscHandler(4, (text) => this.#paletteEntries(text.split(";").slice(0, MOST_ASKED)));
    parser.registerOscHandler(104, (text) => this.#restorePalette(text));
    for (const code of [10, 11, 12] as const) {
      parser.registerOscHandler(code, (text) => this.#specials(code, text));
      parser.registerOscHandler(100 + code, () => this.#special.delete(code));
    }
  }

  /** What sets the same colours, over whichever were set before. */
  serialized(): string {
    const restore = [104, 110, 111, 112].map((code) => `\x1b]${code}\x07`).join("");
    const palette = [...this.#palette].map(([index, colour]) => `\x1b]4;${index};${colour}\x07`).join("");
    return restore + palette + [...this.#special].map(([code, colour]) => `\x1b]${code};${colour}\x07`).join("");
  }

  /** `index;colour` again and again, where a colour may be a question. */
  #paletteEntries(parts: string[]): boolean {
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const index = Number(parts[at]);
      const colour = parts[at + 1] ?? "";
      if (!Number.isInteger(index) || index < 0 || index >= PALETTE_SIZE) continue;
      if (colour === "?") this.#answer(`4;${index}`, this.#palette.get(index) ?? this.#paletteColour(index));
      else if (SPECIFICATION.test(colour)) this.#palette.set(index, colour);
    }
    return true;
  }

  #restorePalette(text: string): boolean {
    if (text === "") this.#palette.clear();
    for (const index of text.split(";")) this.#palette.delete(Number(index));
    return true;
  }

  /** Several parts are for the code and those after it. */
  #specials(first: Special, text: string): boolean {
    for (const [step, colour] of text.split(";").slice(0, 3).entries()) {
      const code = first + step;
      if (code !== 10 && code !== 11 && code !== 12) break;
      if (colour === "?") this.#answer(String(code), this.#special.get(code) ?? this.#options.colours()[SPECIAL[code]]);
      else if (SPECIFICATION.test(colour)) this.#special.set(code, colour);
    }
    return true;
  }

  #answer(what: string, colour: string): void {
    this.#options.answer(`\x1b]${what};${inLongForm(colour)}\x1b\\`);
  }

  #paletteColour(index: number): string {
    return this.#options.colours().palette[index] ?? standardColour(index);
  }
}

/** The 216 colours of the cube and the 24 grey ones, as every terminal has them. */
function standardColour(index: number): string {
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  const grey = 8 + (index - 232) * 10;
  const parts =
    index >= 232
      ? [grey, grey, grey]
      : [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** `rgb:rrrr/gggg/bbbb`, the form in which terminals answer. */
function inLongForm(colour: string): string {
  const digits = colour.slice(1);
  const size = digits.length / 3;
  const parts = colour.startsWith("#")
    ? [digits.slice(0, size), digits.slice(size, 2 * size), digits.slice(2 * size)]
    : colour.slice("rgb:".length).split("/");
  return `rgb:${parts.map(inFourDigits).join("/")}`;
}

const inFourDigits = (part: string) =>
  Math.round((Number.parseInt(part, 16) * 0xffff) / (16 ** part.length - 1))
    .toString(16)
    .padStart(4, "0");
