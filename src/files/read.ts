/** Opens a file for reading: a regular one, inside its place, without waiting for anything. */

import { type BigIntStats, constants as flags } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { type AppError, invalid } from "../core/errors.ts";
import { openBytes } from "./open-bytes.ts";
import { type PlacePath, type Places, pathToWire } from "./places.ts";
import { walk } from "./walk.ts";

export interface OpenFile {
  handle: FileHandle;
  stats: BigIntStats;
}

/** Opens a regular file, following links inside its place; never waits for a pipe. The caller closes it. */
export function openForReading(places: Places, path: PlacePath): Promise<OpenFile> {
  return walk(places, path, {
    last: "follow",
    use: async ({ folder, name }) => {
      if (name === undefined) throw notAFile(path, "a folder");
      return openPlainFile(folder.at(name), path);
    },
  });
}

/** Opens what stands at a path that was walked to. */
export async function openPlainFile(at: Buffer, path: PlacePath): Promise<OpenFile> {
  const flag = flags.O_RDONLY | flags.O_NOFOLLOW | flags.O_NONBLOCK | flags.O_NOCTTY;
  const handle = await openBytes(at, flag);
  try {
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile()) return { handle, stats };
    throw notAFile(path, stats.isDirectory() ? "a folder" : "no regular file");
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function notAFile(path: PlacePath, kind: string): AppError {
  return invalid(`${pathToWire(path) || "The home folder"} is ${kind}; only files can be read.`);
}
