/** Writes a file whole: into a temporary one beside it, then renamed, so that a reader sees the old or the new and never a half. */

import { randomBytes } from "node:crypto";
import { type BigIntStats, constants as flags } from "node:fs";
import { type FileHandle, unlink } from "node:fs/promises";
import { codeOf } from "../core/errors.ts";
import type { WrittenEntry } from "../protocol/project-files.ts";
import { toEntry } from "./entry.ts";
import { noted } from "./leftovers.ts";
import { openBytes } from "./open-bytes.ts";
import { Overwriting } from "./overwriting.ts";
import { type PlacePath, type Places, toWire } from "./places.ts";
import {
  checkReplacing,
  IN_PLACE_BECAUSE,
  isFolder,
  type NameInFolder,
  putInPlace,
  REFUSED,
  type Replacing,
  statsOf,
  type WrittenOver,
  writeTaken,
} from "./replace.ts";
import { type Folder, walk } from "./walk.ts";

export interface WriteOptions extends Replacing {
  body: AsyncIterable<Buffer> | Buffer;
  /** Makes the folders on the way. */
  makeFolders?: boolean;
  /** Name of the temporary file, where one that a crash left behind is to be used again. */
  temporary?: Buffer;
  /** Brings the new name to the disk too, before it returns. */
  durable?: boolean;
  /** Gives the file its name; `putInPlace` without it. */
  put?: typeof putInPlace;
}

/**
 * Streams a body of any size into the file; a link inside the place is followed, an existing file stays what it is.
 * @throws AppError `precondition_failed` when the file is not as the caller believes.
 */
export function writeFile(places: Places, path: PlacePath, options: WriteOptions): Promise<WrittenEntry> {
  return walk(places, path, {
    last: "follow",
    make: options.makeFolders ?? false,
    use: async ({ folder, name }) => {
      if (name === undefined) throw isFolder(path);
      const before = await checkReplacing(path, { folder, name }, options);
      let isFilling = false;
      const fill = (handle: FileHandle) => {
        isFilling = true;
        return handle.writeFile(options.body);
      };
      const put = async (temporary: Buffer) => {
        const at = folder.at(temporary);
        const written = await writeNew(at, before, fill);
        try {
          const over = await (options.put ?? putInPlace)(places, path, { from: at, folder, name }, options);
          return writtenEntry(name, over ?? { stats: await statsOfOurs(folder, { name, written }) });
        } catch (error) {
          await unlink(at).catch(() => {}); // the error that led here is told
          throw error;
        }
      };
      try {
        const entry = await withTemporary(places, { path, folder, temporary: options.temporary }, put);
        if (options.durable) await syncFolder(folder);
        return entry;
      } catch (error) {
        const isClosed = !isFilling && REFUSED[codeOf(error)] === "folder";
        if (!isClosed || before === undefined || options.put !== undefined) throw error;
        return writeOver(places, path, { target: { folder, name }, replacing: options, fill });
      }
    },
  });
}

/** Writes over a file in whose folder no new one can be made. */
async function writeOver(
  places: Places,
  path: PlacePath,
  { fill, ...over }: { target: NameInFolder; replacing: Replacing; fill: (handle: FileHandle) => Promise<unknown> },
): Promise<WrittenEntry> {
  const writing = await Overwriting.begin(places);
  try {
    await writeNew(writing.becomes, undefined, fill);
    return writtenEntry(over.target.name, { stats: await writeTaken(path, writing, over), because: "folder" });
  } finally {
    await writing.end();
  }
}

/** The entry of a file that was put in its place. */
export function writtenEntry(
  name: Buffer,
  { stats, because }: Pick<WrittenOver, "stats"> & Partial<WrittenOver>,
): WrittenEntry {
  const entry = toEntry(toWire(name), stats);
  return because === undefined ? entry : { ...entry, inPlace: IN_PLACE_BECAUSE[because] };
}

/** Gives an act the name of a temporary file in the folder: the one that is always used, or a new one that is noted. */
async function withTemporary<T>(
  places: Places,
  { path, folder, temporary }: { path: PlacePath; folder: Folder; temporary: Buffer | undefined },
  put: (temporary: Buffer) => Promise<T>,
): Promise<T> {
  if (temporary === undefined) {
    const name = temporaryName("upload");
    return noted(places, { name, path, last: "follow" }, () => put(name));
  }
  await unlink(folder.at(temporary)).catch(() => {}); // usually there is none
  return put(temporary);
}

/** Hidden, and told from people's files by its beginning. */
export function temporaryName(purpose: "upload" | "copy"): Buffer {
  return Buffer.from(`.cocalc-${purpose}-${randomBytes(8).toString("hex")}`);
}

/** Makes a new file, fills it, brings it to the disk; removed again if that fails. `like`: whose readers it may have meanwhile. */
async function writeNew(
  at: Buffer,
  like: BigIntStats | undefined,
  fill: (handle: FileHandle) => Promise<unknown>,
): Promise<BigIntStats> {
  const flag = flags.O_WRONLY | flags.O_CREAT | flags.O_EXCL | flags.O_NOFOLLOW;
  const handle = await openBytes(at, flag, 0o666);
  try {
    if (like !== undefined) await handle.chmod(Number(like.mode & 0o7777n) | 0o600).catch(() => {}); // file systems without modes
    await fill(handle);
    await handle.sync();
    const stats = await handle.stat({ bigint: true });
    await handle.close();
    return stats;
  } catch (error) {
    await handle.close().catch(() => {});
    await unlink(at).catch(() => {}); // the error that led here is told
    throw error;
  }
}

/** Some file systems cannot: then the name reaches the disk a little later. */
async function syncFolder(folder: Folder): Promise<void> {
  const handle = await openBytes(folder.path, flags.O_RDONLY).catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/**
 * What was written as it stands now, with the time of its renaming. If somebody replaced, changed or deleted it this instant, then as
 * it was written: that etag fits nothing on disk, so that nobody takes theirs for ours.
 */
async function statsOfOurs(
  folder: Folder,
  { name, written }: { name: Buffer; written: BigIntStats },
): Promise<BigIntStats> {
  const now = await statsOf(folder, name);
  const isOurs = now?.ino === written.ino && now.size === written.size && now.mtimeNs === written.mtimeNs;
  return isOurs ? now : written;
}
