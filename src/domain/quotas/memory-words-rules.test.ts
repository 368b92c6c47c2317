import { expect, test } from "@jest/globals";
import { megabyteWords, memoryWords, QUOTA_MB } from "./memory-words-rules.ts";

test("what a quota allows, and the bytes that the kernel tells of it, are the same words", () => {
  const amounts = [0, 0.5, 9.96, 200, 999, 1_000, 1_536, 2_500, 16_000, 1_500_000];
  const words = ["0 MB", "0.5 MB", "10 MB", "200 MB", "999 MB", "1 GB", "1.54 GB", "2.5 GB", "16 GB", "1.5 TB"];
  expect(amounts.map(megabyteWords)).toEqual(words);
  expect(amounts.map((megabytes) => memoryWords(megabytes * QUOTA_MB))).toEqual(words);
});

test("an amount between two of its digits is rounded into the unit that it reaches", () => {
  expect(megabyteWords(999.4)).toBe("999 MB");
  expect(megabyteWords(999.6)).toBe("1 GB");
});
