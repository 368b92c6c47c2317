/** An upload that writes over a file: the old bytes and the new ones stand in a folder of ours meanwhile, so that the next start finishes what a kill cut off. */

import { randomBytes } from "node:crypto";
import { type BigIntStats, constants as flags } from "node:fs";
import { copyFile, type FileHandle, mkdir, open, readdir, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, isAppError } from "../core/errors.ts";
import { openBytes } from "./open-bytes.ts";
import { isMixture, overwriteFrom } from "./overwrite.ts";
import { openOwnFile, readOwnFile, replaceOwnFile } from "./own-file.ts";
import { makeOwnFolder, ownFolder } from "./own-folder.ts";
import { type PlacePath, type Places, parsePath, pathToWire } from "./places.ts";
import { type Spot, walk } from "./walk.ts";

const IN_PLACE = "in-place";
/** Begins the name of each folder of this process: others are of one that is dead. */
const OURS = randomBytes(8).toString("hex");
const NOTE = "note.json";
const note = z.object({ path: z.string() });

/** States: begun → writing → whole; `end` forgets it, but where the file holds some of both. */
export class Overwriting {
  readonly #folder: string;
  #isMixed = false;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async begin(places: Places): Promise<Overwriting> {
    await makeOwnFolder(places, IN_PLACE);
    const folder = join(ownFolder(places, IN_PLACE), `${OURS}-${randomBytes(8).toString("hex")}`);
    await mkdir(folder, 0o700);
    return new Overwriting(folder);
  }

  /** Where the new bytes stand. */
  get becomes(): Buffer {
    return Buffer.from(join(this.#folder, "becomes"));
  }

  /** Takes the new bytes from a file, which is gone then. */
  take(from: Buffer): Promise<void> {
    return move(from, this.becomes);
  }

  /** The file stands where it was taken from again, unless it is needed to finish what was begun. */
  async giveBack(to: Buffer): Promise<void> {
    if (!this.#isMixed) await move(this.becomes, to).catch(() => {}); // it was not taken yet, or the error that led here is told
  }

  /** Writes over what the file holds. `check` throws where it is not the one that is meant. @throws what the system says. */
  async write(path: PlacePath, file: Buffer, check: (held: BigIntStats) => void): Promise<BigIntStats> {
    const source = await openBytes(this.becomes, flags.O_RDONLY | flags.O_NOFOLLOW);
    try {
      const target = await openBytes(file, flags.O_WRONLY | flags.O_NOFOLLOW);
      try {
        await this.#keepOld(path, file).catch(() => {}); // a file that may not be read, or no room: it is written nevertheless
        check(await target.stat({ bigint: true }));
        await overwriteFrom(target, source, () => {
          this.#isMixed = true;
        });
        this.#isMixed = false;
        return await target.stat({ bigint: true });
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
  }

  async end(): Promise<void> {
    if (!this.#isMixed) await rm(this.#folder, { recursive: true, force: true }).catch(() => {}); // looked at again at the next start
  }

  async #keepOld(path: PlacePath, file: Buffer): Promise<void> {
    const was = join(this.#folder, "was");
    await copyFile(file, was, flags.COPYFILE_FICLONE);
    const handle = await open(was, "r+");
    await handle.datasync().finally(() => handle.close());
    await replaceOwnFile(join(this.#folder, NOTE), JSON.stringify({ path: pathToWire(path) }));
  }
}

/** Finishes what a server that was killed left half written, where nobody wrote there since. */
export async function finishOverwriting(places: Places): Promise<void> {
  const root = ownFolder(places, IN_PLACE);
  for (const name of await readdir(root).catch(() => [])) {
    if (name.startsWith(OURS)) continue; // usually there is no such folder
    const folder = join(root, name);
    const isOver = await finish(places, folder).then(
      () => true,
      (error: unknown) => isAppError(error, "not_found") || isAppError(error, "forbidden"),
    );
    if (isOver) await rm(folder, { recursive: true, force: true }).catch(() => {}); // the next start looks again
  }
}

async function finish(places: Places, folder: string): Promise<void> {
  const text = await readOwnFile(join(folder, NOTE)).catch(() => undefined); // killed before it wrote anything
  if (text === undefined) return;
  const use = async ({ folder: at, name }: Spot) => {
    if (name === undefined) return;
    const files: FileHandle[] = [];
    try {
      const now = await openBytes(at.at(name), flags.O_RDWR | flags.O_NOFOLLOW | flags.O_NONBLOCK);
      files.push(now);
      const [was, becomes] = [await openOwnFile(join(folder, "was")), await openOwnFile(join(folder, "becomes"))];
      files.push(was, becomes);
      if (await isMixture(now, { was, becomes })) await overwriteFrom(now, becomes);
    } finally {
      for (const file of files) await file.close();
    }
  };
  await walk(places, parsePath(places, note.parse(JSON.parse(text.toString())).path), { last: "follow", use });
}

/** Also to another file system. */
async function move(from: Buffer, to: Buffer): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
    await copyFile(from, to, flags.COPYFILE_FICLONE).catch(async (reason: unknown) => {
      await unlink(to).catch(() => {}); // the error that led here is told
      throw reason;
    });
    await unlink(from);
  }
}
