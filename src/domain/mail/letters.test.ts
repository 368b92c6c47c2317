import { expect, test } from "@jest/globals";
import { plainWords } from "./letters.ts";

test("dots, colons and at signs that only look so are taken apart as well, so that no mail program makes a link", () => {
  for (const dot of [".", "。", "．", "｡", "․"])
    expect(plainWords(`www${dot}evil${dot}com`, 100)).toMatch(/^www[.。] evil[.。] com$/);
  expect(plainWords("https：／／evil．com", 100)).toBe("https: /evil. com");
  expect(plainWords("me＠evil。com", 100)).toBe("me@ evil。 com");
  expect(plainWords("..evil..com", 100)).toBe(".. evil.. com");
  expect(plainWords("http:////evil", 100)).toBe("http: /evil");
});

test("what somebody wrote neither ends its quotation, nor turns the line around, nor begins a line of its own", () => {
  expect(plainWords("Hi.” Signed: “the site”", 100)).toBe("Hi. ' Signed: 'the site'");
  expect(plainWords('a"b«c»d„e', 100)).toBe("a'b'c'd'e");
  expect(plainWords("a\u202Eb\u0000c\u001B[31md\ne\u2028f\uD800g", 100)).toBe("a b c [31md e f g");
});

test("a character is whole where the words are cut", () => {
  expect(plainWords("😀😀😀", 2)).toBe("😀😀…");
});
