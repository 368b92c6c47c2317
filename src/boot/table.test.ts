import { expect, test } from "@jest/globals";
import { table } from "./table.ts";

test("a title with escape sequences does nothing to the terminal of whoever lists it, and columns stay aligned", () => {
  const title = "\u001B]52;c;cm0=\u0007\u009B2Ja\u202Eb\nc\rd\u2028e\u{E0041}f 😀";
  expect(
    table([
      ["ID", "TITLE", ""],
      ["1", title, "x"],
    ]).split("\n"),
  ).toEqual(["ID  TITLE                          ", "1   ?]52;c;cm0=??2Ja?b?c?d?e?f 😀  x", ""]);
});
