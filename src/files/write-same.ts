/** Writes a file that is there so that it stays what it is: replaced at once where that keeps everything about it, else written in place. */

import { constants as flags } from "node:fs";
import { codeOf } from "../core/errors.ts";
import type { FileEntry } from "../protocol/project-files.ts";
import { etagOf, toEntry } from "./entry.ts";
import { openBytes } from "./open-bytes.ts";
import { overwrite } from "./overwrite.ts";
import { type PlacePath, type Places, toWire } from "./places.ts";
import {
  changed,
  IN_PLACE_BECAUSE,
  type InPlaceReason,
  type putInPlace,
  REFUSED,
  reasonOf,
  replaceByName,
  statsOf,
} from "./replace.ts";
import { type Spot, walk } from "./walk.ts";
import { writeFile } from "./write.ts";

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
  const reason = (await walk(places, path, { last: "follow", use: reasonAt })) ?? (await replace(places, path, write));
  if (typeof reason !== "string") return { entry: reason, inPlace: undefined };
  return { entry: await writeInPlace(places, path, write), inPlace: IN_PLACE_BECAUSE[reason] };
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
      const handle = await openBytes(folder.at(name), flags.O_RDWR | flags.O_NOFOLLOW);
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

/** Known before a new file is written. */
async function reasonAt({ folder, name }: Spot): Promise<InPlaceReason | undefined> {
  const stats = name === undefined ? undefined : await statsOf(folder, name);
  return stats === undefined ? undefined : reasonOf(stats); // it is gone: writing says so
}

/** Replaces the file by one that has all that it had, or tells why that cannot be. */
async function replace(
  places: Places,
  path: PlacePath,
  { bytes, etag, temporary }: SameWrite,
): Promise<FileEntry | InPlaceReason> {
  let reason: InPlaceReason | undefined;
  const put: typeof putInPlace = async (_, ...target) => {
    reason = await replaceByName(...target);
    if (reason !== undefined) throw NOT_REPLACED;
    return undefined;
  };
  try {
    return await writeFile(places, path, { body: bytes, ifMatch: `"${etag}"`, temporary, durable: true, put });
  } catch (error) {
    reason ??= REFUSED[codeOf((error as Error).cause)]; // no new file could be made
    if (reason === undefined) throw error;
    return reason;
  }
}

/** Ends the writing of a new file that is not to be. */
const NOT_REPLACED = new Error("a new file would be another one");
