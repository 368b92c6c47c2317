import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { generatedPages } from "../../../scripts/generate-docs.ts";

test("the generated references are as the code is: run `npm run docs` after a change", async () => {
  for (const [name, text] of await generatedPages()) {
    const committed = await readFile(
      fileURLToPath(new URL(`../../../docs/reference/${name}`, import.meta.url)),
      "utf8",
    );
    expect(committed).toBe(text);
  }
});
