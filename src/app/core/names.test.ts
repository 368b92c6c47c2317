import { expect, test } from "@jest/globals";
import { ODD_NAMES } from "../../../test/helpers/odd-names.ts";
import { toWire } from "../../files/places.ts";
import { proposalFor, visibleName } from "./names.ts";
import { problemOfName } from "./paths.ts";

test("what is odd in a name can be seen", () => {
  const shown = Object.fromEntries(ODD_NAMES.map(({ odd, bytes }) => [odd, visibleName(toWire(bytes))]));
  expect(shown).toMatchObject({
    "a blank at the end": "end␠",
    "one blank": "␠",
    "a newline": "new␊line",
    "an escape sequence": "␛[31mred",
    "an override from right to left": "photo⟨U+202E⟩gpj.exe",
    "a zero-width blank": "a⟨U+200B⟩b",
    "a byte order mark": "⟨U+FEFF⟩bom",
    "an emoji of several": "👩‍👩‍👧",
    Hebrew: "שלום.txt",
    "Latin-1": "caf\\xe9",
    "the tag of the wire": "base64:x",
  });
});

test("no two odd names look the same, and none of them holds anything that cannot be seen", () => {
  const shown = ODD_NAMES.map(({ bytes }) => visibleName(toWire(bytes)));
  expect(new Set(shown.map((name) => name.normalize("NFD"))).size).toBe(shown.length - 1); // composed and decomposed are one to the eye
  for (const name of shown) expect(name).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff]/u);
});

test("a name that is no text gets a proposal that can be typed", () => {
  for (const { bytes } of ODD_NAMES.filter(({ bytes }) => toWire(bytes).startsWith("base64:")))
    expect(problemOfName(proposalFor(toWire(bytes)))).toBeUndefined();
});
