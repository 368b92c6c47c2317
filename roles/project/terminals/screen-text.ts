/**
 * The characters of a screen as the output that puts them there: each with its colours and style, lines that were wrapped as wrapped ones, empty
 * cells as empty ones. (The library's own serializer drops backgrounds of empty lines and some styles, so that full-screen programs come out in pieces.)
 */

import type { IBuffer, IBufferCell } from "@xterm/headless";

/** What a cell knows besides what the library's types tell. */
export interface Cell extends IBufferCell {
  getUnderlineStyle(): number;
  getUnderlineColor(): number;
  isUnderlineColorDefault(): boolean;
  isUnderlineColorRGB(): boolean;
}
/** A style without a character: what is being written in, or was when the cursor was saved. */
export type Style = Omit<Cell, "getChars" | "getWidth" | "getCode">;

const FLAGS = [
  [1, "isBold"],
  [2, "isDim"],
  [3, "isItalic"],
  [5, "isBlink"],
  [7, "isInverse"],
  [8, "isInvisible"],
  [9, "isStrikethrough"],
  [53, "isOverline"],
] as const;

/** Sets exactly this style, whatever was set before. */
export function styleText(style: Style): string {
  const parts = ["0"];
  for (const [code, isSet] of FLAGS) if (style[isSet]()) parts.push(String(code));
  if (style.isUnderline()) parts.push(`4:${style.getUnderlineStyle()}`, ...underlineColour(style));
  if (style.isFgRGB()) parts.push(`38;2;${rgb(style.getFgColor())}`);
  else if (style.isFgPalette()) parts.push(paletteText(style.getFgColor(), { mode: style.getFgColorMode(), base: 30 }));
  if (style.isBgRGB()) parts.push(`48;2;${rgb(style.getBgColor())}`);
  else if (style.isBgPalette()) parts.push(paletteText(style.getBgColor(), { mode: style.getBgColorMode(), base: 40 }));
  return `\x1b[${parts.join(";")}m`;
}

/** The sixteen of ANSI have a mode of their own: bold makes them bright. */
const ANSI_MODE = 0x1000000;

function paletteText(index: number, { mode, base }: { mode: number; base: 30 | 40 }): string {
  if (mode !== ANSI_MODE) return `${base + 8};5;${index}`;
  return String(index < 8 ? base + index : base + 60 + index - 8);
}

const rgb = (colour: number, between = ";") => [colour >> 16, (colour >> 8) & 255, colour & 255].join(between);

function underlineColour(style: Style): string[] {
  if (style.isUnderlineColorDefault()) return [];
  const colour = style.getUnderlineColor();
  return [style.isUnderlineColorRGB() ? `58:2::${rgb(colour & 0xffffff, ":")}` : `58:5:${colour & 255}`];
}

/** Erasing gives a cell a background and no more. */
const isSeenEmpty = (style: Style) =>
  [style.isInverse(), style.isUnderline(), style.isStrikethrough(), style.isOverline()].some(Boolean);

const PLAIN = "\x1b[0m";

/** All lines of a buffer, from the upper left corner of an empty screen on. Leaves the cursor and the style anywhere. */
export class ScreenText {
  readonly #buffer: IBuffer;
  readonly #cols: number;
  readonly #cell: Cell;
  #text = "";
  #style = PLAIN;

  constructor(buffer: IBuffer, { cols, rows }: { cols: number; rows: number }) {
    this.#buffer = buffer;
    this.#cols = cols;
    this.#cell = buffer.getNullCell() as Cell; // getCell fills it
    const canWrap = rows > 1;
    for (let y = 0; y < buffer.length; y++) {
      const isWrapped = canWrap && y > 0 && buffer.getLine(y)?.isWrapped === true;
      if (isWrapped) this.#wrap(y);
      else if (y > 0) this.#put(PLAIN, "\r\n");
      this.#row(y, isWrapped);
    }
  }

  get text(): string {
    return this.#text;
  }

  /** One cell as text of its style; a blank where it is empty. */
  cellText(x: number, y: number): string {
    const cell = this.#at(x, y);
    return cell === undefined ? "" : styleText(cell) + (cell.getChars() || " ");
  }

  #at(x: number, y: number): Cell | undefined {
    return this.#buffer.getLine(y)?.getCell(x, this.#cell) as Cell | undefined;
  }

  #put(style: string, text: string): void {
    if (style !== this.#style) this.#text += style;
    this.#style = style;
    this.#text += text;
  }

  /** Cells of one row. Where it was begun by wrapping, it may be of any background: empty cells are made so. */
  #row(y: number, isWrapped: boolean): void {
    let blank = { style: PLAIN, length: 0 };
    const putBlank = (isLast: boolean) => {
      const { style, length } = blank;
      if (length === 0) return;
      if (style !== PLAIN || isWrapped) this.#put(style, `\x1b[${length}X`);
      if (!isLast) this.#text += `\x1b[${length}C`;
      blank = { style: PLAIN, length: 0 };
    };
    for (let x = 0, width = 1; x < this.#cols; x += width) {
      const cell = this.#at(x, y);
      width = Math.max(cell?.getWidth() ?? 1, 1); // a half that is left of a wide character has none
      if (cell === undefined) continue;
      const style = cell.isAttributeDefault() ? PLAIN : styleText(cell);
      if (cell.getChars() === "" && !isSeenEmpty(cell)) {
        if (blank.style !== style) putBlank(false);
        blank = { style, length: blank.length + 1 };
      } else {
        putBlank(false);
        this.#put(style, cell.getChars() || " ");
      }
    }
    putBlank(true);
  }

  /** Goes on in row `y` as a terminal does that has filled the one before. */
  #wrap(y: number): void {
    const last = this.#at(this.#cols - 1, y - 1);
    const isFilled = last === undefined || last.getChars() !== "" || last.getWidth() === 0;
    const lastStyle = last?.isAttributeDefault() === false ? styleText(last) : PLAIN;
    const first = this.#at(0, y);
    const firstWraps = first !== undefined && first.getChars() !== "";
    if (isFilled && firstWraps) return;
    // Signs that fill what is empty at the edge bring the wrap about, and are taken away.
    if (!isFilled) this.#put(PLAIN, `\x1b[${this.#cols}G-`);
    this.#put(PLAIN, "-\r\x1b[X");
    if (!isFilled) this.#put(lastStyle, `\x1b[A\x1b[${this.#cols}G\x1b[X\x1b[B\r`);
  }
}
