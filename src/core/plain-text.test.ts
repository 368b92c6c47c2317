import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { plainEnd, plainStart } from "./plain-text.ts";

test("control characters are blanks, line ends and tabs stay, and no character is cut in half", () => {
  expect(plainStart("a\0b\x1b[31m\u202Ec\r\n\td", 100)).toBe("a b [31m c \n\td");
  expect(plainStart("ab🔖", 3)).toBe("ab");
  expect(plainEnd("🔖ab", 3)).toBe("ab");
  expect(plainStart("half \ud83d", 100)).toBe("half \ufffd");
});

test("whatever text it is, what comes of it is well formed, holds no NUL and is no longer than wished", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
      fc.nat(20),
      (text, most) => {
        for (const made of [plainStart(text, most), plainEnd(text, most)]) {
          expect(made.isWellFormed() && !made.includes("\0") && made.length <= most).toBe(true);
        }
      },
    ),
  );
});
