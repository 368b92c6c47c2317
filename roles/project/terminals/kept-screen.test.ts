/** The screen that the server keeps: whoever gets it later sees what whoever was there from the beginning sees, and goes on to see it. */

import { expect, test } from "@jest/globals";
import graphemes from "@xterm/addon-unicode-graphemes";
import headless, { type Terminal } from "@xterm/headless";
import fc from "fast-check";
import { TERMINAL_COLOURS } from "../../../src/protocol/terminal-colours.ts";
import { installWidths } from "../../../src/protocol/terminal-widths.ts";
import { type KeptScreen, screens } from "./kept-screen.ts";

const SIZE = { cols: 20, rows: 6 };

async function keptScreen(size = SIZE): Promise<{ screen: KeptScreen; answers: string[] }> {
  const answers: string[] = [];
  const newScreen = await screens();
  const screen = newScreen({ size, answer: (text) => answers.push(text), colours: () => TERMINAL_COLOURS.light });
  return { screen, answers };
}

/** A terminal as a browser has it. */
function browserScreen(size = SIZE): Terminal {
  const terminal = new headless.Terminal({ ...size, scrollback: 1_000, allowProposedApi: true, logLevel: "off" });
  installWidths(terminal, new graphemes.UnicodeGraphemesAddon());
  return terminal;
}

const written = (terminal: Terminal, text: string) => new Promise<void>((resolve) => terminal.write(text, resolve));

/** Everything of a terminal that a person can tell. */
function lookOf(terminal: Terminal) {
  const { active } = terminal.buffer;
  const rows = Array.from({ length: active.length }, (_, y) => {
    const line = active.getLine(y);
    return Array.from({ length: terminal.cols }, (_, x) => {
      const cell = line?.getCell(x);
      if (cell === undefined) return "";
      const style = [cell.getFgColorMode(), cell.getFgColor(), cell.isBold(), cell.isItalic(), cell.isUnderline()].map(
        Number,
      );
      const background = [cell.getBgColorMode(), cell.getBgColor(), cell.isInverse()].map(Number);
      const chars = cell.getChars() || " ";
      return `${chars}/${chars === " " ? 1 : cell.getWidth()}/${chars === " " ? "" : style.join(",")}/${background.join(",")}`;
    }).join("|");
  });
  const cursor = { x: Math.min(active.cursorX, terminal.cols - 1), y: active.cursorY };
  return { rows, cursor, type: active.type, modes: terminal.modes };
}

const csi = (text: string) => fc.constant(`\x1b[${text}`);
const number = fc.integer({ min: 1, max: 12 });
const move = fc.tuple(number, fc.constantFrom("A", "B", "C", "D", "G", "d")).map(([n, to]) => `\x1b[${n}${to}`);
const place = fc.tuple(number, number).map(([y, x]) => `\x1b[${y};${x}H`);
const change = fc
  .tuple(number, fc.constantFrom("L", "M", "P", "@", "X", "S", "T"))
  .map(([n, act]) => `\x1b[${n}${act}`);
const erase = fc.constantFrom("J", "1J", "2J", "K", "1K", "2K").map((act) => `\x1b[${act}`);
const style = fc
  .constantFrom("0", "1", "3", "4", "7", "31", "44", "38;5;99", "48;2;1;2;3", "39", "49", "22")
  .map((sgr) => `\x1b[${sgr}m`);
const mode = fc
  .constantFrom("?1049h", "?1049l", "?1h", "?2004h", "4h", "4l", "?7l", "?7h", "?1002h", "?25l", "?1004h", "?6h", "?6l")
  .map((set) => `\x1b[${set}`);
const region = fc
  .tuple(number, number)
  .map(([top, more]) => `\x1b[${Math.min(top, 5)};${Math.min(top, 5) + Math.max(1, more % 3)}r`);
const words = fc.constantFrom(
  "hello ",
  "x",
  "a long line of words that wraps ",
  "漢字",
  "✅",
  "⏳",
  "😀",
  "é",
  "e\u0301",
  "👩\u200d💻",
  "🇩🇪",
  "👍🏽",
  "\r\n",
  "\n",
  "\r",
  "\b",
  "\t",
);
const other = fc.constantFrom("\x1b7", "\x1b8", "\x1bM", "\x1b(0", "\x1b(B", "\x1b)0", "\x0e", "\x0f", "qqx");
const output = fc
  .array(
    fc.oneof({ weight: 4, arbitrary: words }, move, place, change, erase, style, mode, region, other, csi("3 q")),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(""));

test("whoever comes later sees what whoever was there sees, and goes on to", async () => {
  await fc.assert(
    fc.asyncProperty(output, output, async (before, after) => {
      const { screen } = await keptScreen();
      const [first, later] = [browserScreen(), browserScreen()];
      screen.write(before);
      await written(first, before);
      await written(later, screen.serialized());
      expect(lookOf(later)).toEqual(lookOf(first));
      await written(first, after);
      await written(later, after);
      expect(lookOf(later)).toEqual(lookOf(first));
    }),
    {
      numRuns: 100,
      examples: [
        ["\x1b(0\x1b8", "qqx"],
        ["\x1b(0\x1b7\x1b(B\x1b8", "qqx\x1b8qqx"],
        ["\x1b(0\x1b7\x1b(B", "qqx\x1b8qqx"],
        ["\x1b[?1049h\x1b(0\x1b[?1049l", "qqx\x1b(Bqqx"],
      ],
    },
  );
});

test("a program that counts graphemes has them in two columns from then on, and so has whoever comes later", async () => {
  const { screen, answers } = await keptScreen();
  screen.write("👩\u200d💻|\r\n\x1b[?2027h\x1b[?2027$p👩\u200d💻|🇩🇪|❤\ufe0f|");
  expect(answers).toEqual(["\x1b[?2027;1$y"]);
  const later = browserScreen();
  await written(later, screen.serialized());
  expect(later.buffer.active.cursorX).toBe(9);
});

test("marks without an end on one character, lines without an end and titles without an end are bounded", async () => {
  const { screen } = await keptScreen({ cols: 80, rows: 24 });
  screen.write(`a${"\u0301".repeat(200_000)}\x1b]2;${"t".repeat(100_000)}\x07`);
  screen.write(`${"x".repeat(79)}\r\n`.repeat(20_000));
  const { length } = screen.serialized();
  expect(length).toBeGreaterThan(200_000);
  expect(length).toBeLessThan(300_000);
});
