/** Writes a file that is there so that it stays what it is: replaced at once where that keeps everything about it, else written in place. */

import { spawn } from "node:child_process";
import { constants as flags } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { AppError, codeOf } from "../core/errors.ts";
import type { FileEntry } from "../protocol/project-files.ts";
import { etagOf, toEntry } from "./entry.ts";
import { overwrite } from "./overwrite.ts";
import { type PlacePath, type Places, pathToWire, toWire } from "./places.ts";
import { type Spot, walk } from "./walk.ts";
import { writeFile } from "./write.ts";

/** Why a file was written in place, in words: a new one of its name would have been another one. */
const BECAUSE = {
  links: "it has other names, too (hard links)",
  owner: "it belongs to somebody else",
  attributes: "its group or other attributes could not be given to a new file",
  mount: "it is mounted, or otherwise in use as this very file",
  folder: "no new file can be made in its folder",
} as const;
type Reason = keyof typeof BECAUSE;

/** Told when a file is written over in place: a crash between the two may leave a mixture of both. */
export interface InPlace {
  begin: (was: Buffer) => Promise<void>;
  /** It is written, or after an error as it was. */
  end: () => Promise<void>;
}

export interface SameWrite {
  bytes: Buffer;
  /** The etag that the file has to have. */
  etag: string;
  /** Name of the temporary file, where it is replaced. */
  temporary: Buffer;
  inPlace: InPlace;
}

export interface SameWritten {
  entry: FileEntry;
  /** Why it was written in place, in words; undefined where it was replaced at once. */
  inPlace: string | undefined;
}

/** @throws AppError `precondition_failed` when the file is not as the caller believes. */
export async function writeSame(places: Places, path: PlacePath, write: SameWrite): Promise<SameWritten> {
  const reason = (await walk(places, path, { last: "follow", use: reasonOf })) ?? (await replace(places, path, write));
  if (typeof reason !== "string") return { entry: reason, inPlace: undefined };
  return { entry: await writeInPlace(places, path, write), inPlace: BECAUSE[reason] };
}

/** Writes into the file itself. @throws AppError `precondition_failed`, and what the system says: then it is as it was, or `end` was not called. */
export function writeInPlace(
  places: Places,
  path: PlacePath,
  { bytes, etag, inPlace }: Pick<SameWrite, "bytes" | "etag" | "inPlace">,
): Promise<FileEntry> {
  return walk(places, path, {
    last: "follow",
    use: async ({ folder, name }) => {
      if (name === undefined) throw changed(path);
      const handle = await open(folder.at(name) as unknown as string, flags.O_RDWR | flags.O_NOFOLLOW); // bytes are taken; the types lag
      try {
        const is = async () => etagOf(await handle.stat({ bigint: true })) === etag;
        if (!(await is())) throw changed(path);
        const was = await handle.readFile();
        await inPlace.begin(was);
        if (!(await is())) throw changed(path);
        await overwrite(handle, { was, becomes: bytes }, inPlace.end);
        return toEntry(toWire(name), await handle.stat({ bigint: true }));
      } finally {
        await handle.close();
      }
    },
  });
}

function changed(path: PlacePath): AppError {
  return new AppError("precondition_failed", `${pathToWire(path)} was changed or removed meanwhile.`);
}

async function reasonOf({ folder, name }: Spot): Promise<Reason | undefined> {
  if (name === undefined) return undefined;
  const stats = await lstat(folder.at(name)).catch(() => undefined); // gone: writing says so
  if (stats === undefined) return undefined;
  if (stats.nlink > 1) return "links";
  return stats.uid === process.geteuid?.() ? undefined : "owner";
}

/** Replaces the file by one that has all that it had, or tells why that cannot be. */
async function replace(
  places: Places,
  path: PlacePath,
  { bytes, etag, temporary }: SameWrite,
): Promise<FileEntry | Reason> {
  try {
    const options = { body: bytes, ifMatch: `"${etag}"`, temporary, durable: true, prepare: copyAttributes };
    return await writeFile(places, path, options);
  } catch (error) {
    const reason = error === DIFFERENT ? "attributes" : REFUSED[codeOf((error as Error).cause)];
    if (reason === undefined) throw error;
    return reason;
  }
}

/** What the system says where a file cannot be replaced, though it may be written. */
const REFUSED: Record<string, Reason> = {
  EBUSY: "mount",
  EXDEV: "mount",
  EACCES: "folder",
  EPERM: "folder",
  EROFS: "folder",
};

const DIFFERENT = new Error("a new file would not have the same attributes");

/** Gives a new file the group, mode, access list and extended attributes of another one. Node knows of no such call; `cp` does. */
async function copyAttributes(made: FileHandle, like: Buffer): Promise<void> {
  const from = await open(like as unknown as string, flags.O_RDONLY | flags.O_NOFOLLOW); // bytes are taken; the types lag
  try {
    const names = ["/proc/self/fd/3", "/proc/self/fd/4"];
    const copying = spawn("cp", ["--attributes-only", "--preserve=mode,ownership,xattr", "--", ...names], {
      stdio: ["ignore", "ignore", "ignore", from.fd, made.fd],
    });
    const { promise, resolve } = Promise.withResolvers<number | null>();
    copying.on("error", () => resolve(null)); // there is no such program
    copying.on("exit", resolve);
    const isCopied = (await promise) === 0;
    const [before, now] = [await from.stat(), await made.stat()];
    if (!isCopied || before.gid !== now.gid || before.uid !== now.uid) throw DIFFERENT;
  } finally {
    await from.close();
  }
}
