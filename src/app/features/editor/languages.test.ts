import { expect, test } from "@jest/globals";
import { languageOf } from "./languages.ts";

test("a file that is called as something of every object is plain text", async () => {
  for (const name of ["constructor", "__proto__", "toString", "a.constructor", "a.__proto__", "a.valueOf"])
    expect([name, await languageOf(`folder/${name}`)]).toEqual([name, undefined]);
});

test("the language of a file is told by its name or its ending", async () => {
  for (const name of ["Dockerfile", ".bashrc", "a.py", "folder/A.PY"]) expect(await languageOf(name)).toBeDefined();
});
