/** A screen as the output that makes any terminal of its size the same: characters, the cursor, the region that scrolls, modes, character sets. */

import type { IBuffer, Terminal } from "@xterm/headless";
import { ScreenText, type Style, styleText } from "./screen-text.ts";

/** What characters stand for; undefined for themselves. */
type Charset = Record<string, string> | undefined;

interface BufferState {
  x: number;
  y: number;
  ybase: number;
  scrollTop: number;
  scrollBottom: number;
  savedX: number;
  savedY: number;
  savedCurAttrData: Style;
  savedCharset: Charset;
}

/** What of the library's inside is looked at, as its own addons do: the version is pinned, and a test compares screens. */
export interface ScreenCore {
  writeSync(text: string): void;
  buffers: { normal: BufferState; alt: BufferState };
  _inputHandler: { _parser: { currentState: number }; _curAttrData: Style };
  /** `charset` is in use: one of `_charsets`, or what was restored with a cursor. */
  _charsetService: { charset: Charset; glevel: number; _charsets: Charset[] };
  coreService: {
    isCursorHidden: boolean;
    decPrivateModes: { cursorStyle?: "block" | "underline" | "bar"; cursorBlink?: boolean };
  };
  coreMouseService: { activeEncoding: string };
}

const STEADY_STYLES = { block: 2, underline: 4, bar: 6 };
const MOUSE_TRACKING = { none: "", x10: "?9h", vt200: "?1000h", drag: "?1002h", any: "?1003h" };
const MOUSE_ENCODING: Record<string, string> = { SGR: "?1006h", SGR_PIXELS: "?1016h" };
const CHARSET_INTRODUCERS = ["(", ")", "*", "+"];
const [DRAWING, PLAIN] = ["\x1b(0", "\x1b(B"];

const csi = (...sequences: string[]) =>
  sequences
    .filter((sequence) => sequence !== "")
    .map((sequence) => `\x1b[${sequence}`)
    .join("");

/** Everything but colours and title, for a terminal that was reset. `graphemes` counts columns as the program does now. */
export function screenState(terminal: Terminal, core: ScreenCore, graphemes: string): string {
  const { normal, alternate, active } = terminal.buffer;
  const { buffers } = core;
  const isAlternate = active.type === "alternate";
  const origin = terminal.modes.originMode;
  const shown = isAlternate ? { buffer: alternate, state: buffers.alt } : { buffer: normal, state: buffers.normal };
  const isRestored = isDrawing(core._charsetService.charset) !== isDrawing(chosenCharset(core));
  const here = bufferText(terminal, { ...shown, origin, restores: isRestored ? core : undefined });
  // A program that counts graphemes has the alternate screen for itself; what stands behind it is of the shell.
  const screens = isAlternate
    ? bufferText(terminal, { buffer: normal, state: buffers.normal, origin: false }) +
      `\x1b[m\x1b[?47h\x1b[H${graphemes}${here}`
    : graphemes + here;
  const charsets = isRestored ? "" : charsetsOf(core);
  return screens + styleText(core._inputHandler._curAttrData) + modesOf(terminal, core) + charsets;
}

interface Shown {
  buffer: IBuffer;
  state: BufferState;
  origin: boolean;
  /** The character set in use came with a cursor that was restored in this buffer. */
  restores?: ScreenCore | undefined;
}

/** One buffer with its saved cursor and region. Setting either moves the cursor, so that one is placed last. */
function bufferText(terminal: Terminal, { buffer, state, origin, restores }: Shown): string {
  const screen = new ScreenText(buffer, terminal);
  const hasRegion = state.scrollTop !== 0 || state.scrollBottom !== terminal.rows - 1;
  const savedRow = Math.max(state.savedY - state.ybase, 0);
  const saved = `${csi(`${savedRow + 1};${state.savedX + 1}H`)}${styleText(state.savedCurAttrData)}${savedCharset(state, restores)}`;
  const region = csi(hasRegion ? `${state.scrollTop + 1};${state.scrollBottom + 1}r` : "", origin ? "?6h" : "");
  return screen.text + saved + region + cursorText(terminal, screen, { buffer, state, origin });
}

/**
 * Saves the cursor with its character set. One in use that none of the four is can only be had as the library gets it: by restoring a cursor. It
 * was saved with that one then.
 */
function savedCharset(state: BufferState, restores: ScreenCore | undefined): string {
  const charset = restores === undefined ? state.savedCharset : restores._charsetService.charset;
  const saved = isDrawing(charset) ? `${DRAWING}\x1b7${PLAIN}` : "\x1b7";
  return restores === undefined ? saved : `${saved}${charsetsOf(restores)}\x1b8`;
}

/** A cursor behind the last column waits there to wrap: the last character is written once more. */
function cursorText({ cols }: Terminal, screen: ScreenText, { buffer, state, origin }: Shown): string {
  const row = state.y - (origin ? state.scrollTop : 0) + 1;
  if (state.x < cols) return csi(`${row};${state.x + 1}H`);
  const y = state.ybase + state.y;
  const isWide =
    buffer
      .getLine(y)
      ?.getCell(cols - 1)
      ?.getWidth() === 0;
  const x = cols - (isWide ? 2 : 1);
  return csi(`${row};${x + 1}H`) + screen.cellText(x, y);
}

function modesOf({ modes }: Terminal, { coreService, coreMouseService }: ScreenCore): string {
  const { cursorStyle, cursorBlink } = coreService.decPrivateModes;
  return csi(
    modes.applicationCursorKeysMode ? "?1h" : "",
    modes.applicationKeypadMode ? "?66h" : "",
    modes.bracketedPasteMode ? "?2004h" : "",
    modes.insertMode ? "4h" : "",
    modes.reverseWraparoundMode ? "?45h" : "",
    modes.sendFocusMode ? "?1004h" : "",
    modes.wraparoundMode ? "" : "?7l",
    MOUSE_TRACKING[modes.mouseTrackingMode],
    MOUSE_ENCODING[coreMouseService.activeEncoding] ?? "",
    cursorStyle === undefined ? "" : `${STEADY_STYLES[cursorStyle] - (cursorBlink ? 1 : 0)} q`,
    coreService.isCursorHidden ? "?25l" : "",
  );
}

function isDrawing(charset: Charset): boolean {
  return charset?.q === "─";
}

function chosenCharset({ _charsetService: { _charsets, glevel } }: ScreenCore): Charset {
  return _charsets[glevel];
}

/** Of the character sets only the one for drawing lines is in use anywhere. */
function charsetsOf({ _charsetService: { _charsets, glevel } }: ScreenCore): string {
  const drawing = CHARSET_INTRODUCERS.map((introducer, g) => (isDrawing(_charsets[g]) ? `\x1b${introducer}0` : ""));
  return drawing.join("") + (glevel === 1 ? "\x0e" : "");
}
