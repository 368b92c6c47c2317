/** Puts a file that was written whole in the place of another one, if what is there is as the caller believes. */

import type { BigIntStats } from "node:fs";
import { link, lstat, rename, unlink } from "node:fs/promises";
import { AppError, codeOf, invalid } from "../core/errors.ts";
import { etagOf, matches } from "./entry.ts";
import { type PlacePath, pathToWire } from "./places.ts";
import type { Folder } from "./walk.ts";

/** What has to be true of what is there, and what becomes of it. */
export interface Replacing {
  /** The etag that the file has to have, as in the header If-Match. */
  ifMatch?: string | undefined;
  /** "*": only if there is no such file yet. */
  ifNoneMatch?: string | undefined;
  /** Is given the file just before it is replaced: to keep it. */
  keep?: ((folder: Folder, name: Buffer, stats: BigIntStats) => Promise<unknown>) | undefined;
}

/** Where a file goes: a name in a folder that is held. */
export interface Target {
  folder: Folder;
  name: Buffer;
}

/**
 * Gives a file that was written whole its name, in one step.
 * @throws AppError `precondition_failed` when what is there is not as the caller believes; then the file stands where it was.
 */
export async function putInPlace(
  path: PlacePath,
  { from, folder, name }: Target & { from: Buffer },
  replacing: Replacing,
): Promise<void> {
  const there = await checkReplacing(path, { folder, name }, replacing);
  if (there !== undefined) await replacing.keep?.(folder, name, there);
  if (replacing.ifNoneMatch === "*") await moveWithoutReplacing(from, folder.at(name));
  else await rename(from, folder.at(name));
}

const NO_HARD_LINKS = new Set(["EPERM", "EOPNOTSUPP", "ENOTSUP", "ENOSYS", "EMLINK", "EXDEV"]);

/** Gives a file another name unless that is taken, in one step where the file system has hard links. @throws EEXIST */
export async function moveWithoutReplacing(from: Buffer, to: Buffer): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!NO_HARD_LINKS.has(codeOf(error))) throw error;
    if ((await lstat(to).catch(() => undefined)) !== undefined)
      throw Object.assign(new Error("exists"), { code: "EEXIST" });
    return rename(from, to);
  }
  await unlink(from).catch(async (error: unknown) => {
    await unlink(to).catch(() => {}); // the error that led here is told
    throw error;
  });
}

/** What is there, if it may be replaced. @throws AppError `precondition_failed` or, for what is no file, `invalid`. */
export async function checkReplacing(
  path: PlacePath,
  { folder, name }: Target,
  { ifMatch, ifNoneMatch }: Replacing,
): Promise<BigIntStats | undefined> {
  const stats = await statsOf(folder, name);
  const what = pathToWire(path);
  if (ifNoneMatch === "*" && stats !== undefined) throw new AppError("precondition_failed", `${what} exists already.`);
  if (stats?.isDirectory()) throw isFolder(path);
  if (stats !== undefined && !stats.isFile()) throw invalid(`${what} is no regular file and cannot be replaced.`);
  if (ifMatch !== undefined && !(stats !== undefined && matches(ifMatch, etagOf(stats))))
    throw new AppError("precondition_failed", `${what} was changed or removed meanwhile; look at it before you write.`);
  return stats;
}

/** Of a name; undefined where there is none. */
export async function statsOf(folder: Folder, name: Buffer): Promise<BigIntStats | undefined> {
  try {
    return await lstat(folder.at(name), { bigint: true });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

export function isFolder(path: PlacePath): AppError {
  return invalid(`${pathToWire(path) || "The home folder"} is a folder.`);
}
