/** Keys of a terminal as programs get them. */

import { expect, test } from "@jest/globals";
import { touchKeyText, withControl } from "./screen-keys.ts";

test("a letter with Ctrl held is what a terminal sends for it", () => {
  expect(["c", "C", " ", "[", "_", "?", "1", "é", "ab"].map(withControl)).toEqual([
    "\x03",
    "\x03",
    "\0",
    "\x1b",
    "\x1f",
    "\x7f",
    "1",
    "é",
    "ab",
  ]);
});

test("touched arrows have the form that the program asked for", () => {
  const modes = (applicationCursorKeysMode: boolean) => ({ applicationCursorKeysMode }) as never; // all that is read
  expect(touchKeyText("Up", modes(false))).toBe("\x1b[A");
  expect(touchKeyText("Left", modes(true))).toBe("\x1bOD");
  expect([touchKeyText("Escape", modes(true)), touchKeyText("Tab", modes(true))]).toEqual(["\x1b", "\t"]);
});
