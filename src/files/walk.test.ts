/** Walking paths through trees of links that a generator makes: it never leads out of the place. */

import { mkdir, readFile, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { AppError } from "../core/errors.ts";
import { fromWire, parsePath, pathToWire, toWire } from "./places.ts";
import { walk } from "./walk.ts";

const newLife = testLives();

const name = fc.constantFrom("a", "b", "c", "l", "m");
const step = fc.constantFrom("a", "b", "c", "l", "m", "..", ".", "", "secret");
const path = fc.array(step, { maxLength: 6 }).map((steps) => steps.join("/"));
const thing = fc.record({
  at: fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/")),
  link: fc.option(fc.tuple(fc.boolean(), path)),
});

test("whatever links there are and whatever is asked, what is reached is inside home", async () => {
  const life = newLife();
  await fc.assert(
    fc.asyncProperty(
      fc.array(thing, { maxLength: 8 }),
      fc.array(path, { minLength: 5, maxLength: 20 }),
      async (things, asked) => {
        const root = await temporaryFolder(life, "project");
        const home = join(root, "home");
        await mkdir(home);
        await writeFile(join(root, "secret"), "outside");
        for (const { at, link } of things) await put(home, at, link ?? undefined);
        const places = { home, ext: join(root, "x"), data: join(root, "x"), tmp: join(root, "x") };
        for (const one of asked)
          for (const last of ["enter", "follow", "keep"] as const) {
            const reached = await reach(places, one, last);
            if (reached !== undefined) expect(`${reached}/`.startsWith(`${home}/`)).toBe(true);
          }
      },
    ),
    { numRuns: 60 },
  );
});

async function put(home: string, at: string, link: [boolean, string] | undefined): Promise<void> {
  const target = link === undefined ? undefined : link[0] ? join(home, link[1]) : link[1];
  const act =
    target === undefined ? mkdir(join(home, at), { recursive: true }) : symlink(target || ".", join(home, at));
  await act.catch(() => {}); // taken, or below a link: another thing stands there
}

/** Where a walk really ended, or undefined when it was refused in words. */
async function reach(places: Parameters<typeof walk>[0], wire: string, last: "enter" | "follow" | "keep") {
  try {
    return await walk(places, parsePath(places, wire), {
      last,
      use: async ({ folder, name: end }) => {
        const content = end === undefined ? "" : await readFile(folder.at(end), "utf8").catch(() => "");
        if (last === "follow") expect(content).not.toBe("outside");
        return realpath(folder.path, "utf8");
      },
    });
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
    return undefined;
  }
}

test("any bytes make their way to the wire and back", () => {
  const bytes = fc
    .uint8Array({ min: 1, maxLength: 40 })
    .map((array) => Buffer.from(array.filter((byte) => byte !== 0x2f)));
  fc.assert(fc.property(bytes, (raw) => expect(fromWire(toWire(raw)).equals(raw)).toBe(true)));
  const tagged = fc.string().map((text) => Buffer.from(`base64:${text.replaceAll("/", "")}`));
  fc.assert(fc.property(tagged, (raw) => expect(fromWire(toWire(raw)).equals(raw)).toBe(true)));
});

test("paths of places are told apart, and written in one way", () => {
  const places = { home: "/home/user", ext: "/ext", data: "/data", tmp: "/tmp" };
  const normal = (wire: string) => pathToWire(parsePath(places, wire));
  expect(normal("/home/user/a/./b/../c")).toBe("a/c");
  expect(normal("/ext//x/")).toBe("/ext/x");
  expect(normal("/tmp")).toBe("/tmp");
  expect(normal("")).toBe("");
  for (const out of ["..", "/etc", "/extra", "/home/user/..", "/ext/../ext", "/home/user2/x"])
    expect(() => parsePath(places, out)).toThrow(AppError);
});
