import { expect, test } from "@jest/globals";
import { pickedFiles } from "./chosen-files.ts";

const file = (name: string, webkitRelativePath = "") => Object.assign(new File(["x"], name), { webkitRelativePath });

test("files of a chosen folder keep their paths, and odd names stay what they are", () => {
  const picked = pickedFiles([file("a.txt"), file("b.txt", "course/week 1/b.txt"), file("c", "course/base64:x/c")]);
  expect(picked.map(({ path }) => path)).toEqual(["a.txt", "course/week 1/b.txt", "course/base64:YmFzZTY0Ong/c"]);
});

test("of a folder with too many files a part was uploaded without a word", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => file(`${index}`));
  expect(pickedFiles(many(10_000))).toHaveLength(10_000);
  expect(() => pickedFiles(many(10_001))).toThrow("more than 10,000 files");
});
