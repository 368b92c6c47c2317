/** Writing over a file on a disk that has no room, or breaks off at whatever step. */

import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { overwrite, overwriteFrom } from "./overwrite.ts";

const newLife = testLives();
const SHORT = Buffer.from("short");
const LONG = Buffer.from("a longer text by far");

interface Limits {
  /** A file has no room beyond this. */
  room?: number;
  /** So many steps go well before one does not; those after it go well again. */
  steps?: number;
}

/** Writes over a real file whose disk behaves so; three bytes at once. */
async function over(was: Buffer, becomes: Buffer, { room = Number.POSITIVE_INFINITY, steps = -1 }: Limits) {
  const path = join(await temporaryFolder(newLife(), "overwrite"), "file");
  await writeFile(path, was);
  const handle = await open(path, "r+");
  let left = steps;
  const step = () => {
    if (left-- === 0) throw Object.assign(new Error("EIO"), { code: "EIO" });
  };
  const write = (bytes: Buffer, offset: number, length: number, position: number) => {
    step();
    const most = Math.min(3, length, room - position);
    if (most <= 0) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    return handle.write(bytes, offset, most, position);
  };
  const file = {
    write: write as typeof handle.write,
    truncate: async (length?: number) => {
      step();
      await handle.truncate(length);
    },
    sync: async () => {
      step();
      await handle.sync();
    },
  };
  let isWhole = false;
  const whole = async () => {
    isWhole = true;
  };
  const error = await overwrite(file, { was, becomes }, whole).catch((reason: unknown) => reason);
  await handle.close();
  return { error, isWhole, now: await readFile(path) };
}

test("a disk without room leaves a file that is written in place as it was, at whatever byte the room ends", async () => {
  for (let room = SHORT.length; room < LONG.length; room++)
    expect(await over(SHORT, LONG, { room })).toMatchObject({ error: { code: "ENOSPC" }, isWhole: true, now: SHORT });
  expect(await over(SHORT, LONG, { room: LONG.length })).toEqual({ error: undefined, isWhole: true, now: LONG });
});

test.each([
  ["longer", SHORT, LONG],
  ["shorter", LONG, SHORT],
])("what becomes %s is as it was after an error at whatever step", async (_, was, becomes) => {
  let steps = 0;
  for (; ; steps++) {
    const { error, isWhole, now } = await over(was, becomes, { steps });
    expect(isWhole).toBe(true);
    expect(now).toEqual(error === undefined ? becomes : was);
    if (error === undefined) break;
  }
  expect(steps).toBeGreaterThan(3);
});

test("a disk without room leaves a file that is written over from another one as it was, at whatever byte the room ends", async () => {
  const folder = await temporaryFolder(newLife(), "overwrite");
  const [path, from] = [join(folder, "file"), join(folder, "from")];
  await writeFile(from, LONG);
  for (let room = SHORT.length; room <= LONG.length; room++) {
    await writeFile(path, SHORT);
    const [handle, source] = [await open(path, "r+"), await open(from)];
    const write = (bytes: Buffer, offset: number, length: number, position: number) => {
      const most = Math.min(3, length, room - position);
      if (most <= 0) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      return handle.write(bytes, offset, most, position);
    };
    const file = {
      write: write as typeof handle.write,
      truncate: (length?: number) => handle.truncate(length),
      sync: () => handle.sync(),
      stat: handle.stat.bind(handle),
    };
    const error = await overwriteFrom(file, source).catch((reason: unknown) => reason);
    await Promise.all([handle.close(), source.close()]);
    expect(await readFile(path)).toEqual(room < LONG.length ? SHORT : LONG);
    expect(error === undefined).toBe(room === LONG.length);
  }
});
