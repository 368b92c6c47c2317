import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { generatedPages } from "../../../scripts/generate-docs.ts";
import { startReason } from "../../../src/protocol/starts.ts";

const textOf = (path: string) => readFile(fileURLToPath(new URL(`../../../docs/${path}`, import.meta.url)), "utf8");

test("the generated references are as the code is: run `npm run docs` after a change", async () => {
  for (const [name, text] of await generatedPages()) {
    expect(await textOf(`reference/${name}`)).toBe(text);
  }
});

test("every reason of a start that waits or failed is in the table for administrators, and no other", async () => {
  const [, section = ""] = (await textOf("administration.md")).split("## Projects by hand\n");
  const [, table = ""] = section.split("| `reason` |");
  const rows = (table.split("\n\n")[0] ?? "").split("\n").map((row) => row.split("|")[1] ?? "");
  const named = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, reason]) => reason));
  expect(named.toSorted()).toEqual(startReason.options.toSorted());
});
