/**
 * Puts a file that was written whole in the place of another one, if what is there is as the caller believes: so that it stays what it is
 * but for its bytes. Where renaming would make it another file, its bytes are written over.
 */

import { type BigIntStats, constants as flags } from "node:fs";
import { link, lstat, rename, unlink } from "node:fs/promises";
import { AppError, codeOf, invalid } from "../core/errors.ts";
import { giveAttributes } from "./attributes.ts";
import { etagOf, matches } from "./entry.ts";
import { openBytes } from "./open-bytes.ts";
import { Overwriting } from "./overwriting.ts";
import { type PlacePath, type Places, pathToWire } from "./places.ts";
import type { Folder } from "./walk.ts";

/** What has to be true of what is there, and what becomes of it. */
export interface Replacing {
  /** The etag that the file has to have, as in the header If-Match. */
  ifMatch?: string | undefined;
  /** "*": only if there is no such file yet. */
  ifNoneMatch?: string | undefined;
  /** Is given the file just before it is replaced: to keep it. `copy`: its bytes are about to be written over. */
  keep?: ((file: NameInFolder & { stats: BigIntStats }, how: { copy: boolean }) => Promise<unknown>) | undefined;
}

/** Why a file is written in place, in words: a new one of its name would be another one. */
export const IN_PLACE_BECAUSE = {
  links: "it has other names, too (hard links)",
  owner: "it belongs to somebody else",
  attributes: "its group or other attributes could not be given to a new file",
  mount: "it is mounted, or otherwise in use as this very file",
  folder: "no new file can be made in its folder",
} as const;
export type InPlaceReason = keyof typeof IN_PLACE_BECAUSE;

/** Why a file of these stats is not to be replaced, as far as they tell. */
export function reasonOf({ nlink, uid }: BigIntStats): InPlaceReason | undefined {
  if (nlink > 1n) return "links";
  return uid === BigInt(process.geteuid?.() ?? uid) ? undefined : "owner";
}

/** What the system says where a file cannot be replaced, though it may be written. */
export const REFUSED: Readonly<Record<string, InPlaceReason>> = {
  EBUSY: "mount",
  EXDEV: "mount",
  EACCES: "folder",
  EPERM: "folder",
  EROFS: "folder",
};

/** Where a file goes: a name in a folder that is held. */
export interface NameInFolder {
  folder: Folder;
  name: Buffer;
}

/** A file that was written in place. */
export interface WrittenOver {
  stats: BigIntStats;
  because: InPlaceReason;
}

/**
 * Gives a file that was written whole its name, in one step where it can; else tells what was written in place, and why.
 * @throws AppError `precondition_failed` when what is there is not as the caller believes; then the file stands where it was.
 */
export async function putInPlace(
  places: Places,
  path: PlacePath,
  { from, ...target }: NameInFolder & { from: Buffer },
  replacing: Replacing,
): Promise<WrittenOver | undefined> {
  const because = await replaceByName(path, { from, ...target }, replacing);
  if (because === undefined) return undefined;
  if ((await checkReplacing(path, target, replacing)) === undefined)
    return rename(from, target.folder.at(target.name)).then(() => undefined); // it went away meanwhile
  return { stats: await putOver(places, path, { from, ...target }, replacing), because };
}

/** Writes over what a file holds, from one that was written whole and is gone then. @throws as `putInPlace` */
export async function putOver(
  places: Places,
  path: PlacePath,
  { from, ...target }: NameInFolder & { from: Buffer },
  replacing: Replacing,
): Promise<BigIntStats> {
  const writing = await Overwriting.begin(places);
  try {
    await writing.take(from);
    return await writeTaken(path, writing, { target, replacing });
  } catch (error) {
    await writing.giveBack(from);
    throw error;
  } finally {
    await writing.end();
  }
}

/** Writes what an overwriting has taken over the file. */
export async function writeTaken(
  path: PlacePath,
  writing: Overwriting,
  { target, replacing }: { target: NameInFolder; replacing: Replacing },
): Promise<BigIntStats> {
  const stats = await checkReplacing(path, target, replacing);
  if (stats === undefined) throw changed(path);
  await replacing.keep?.({ ...target, stats }, { copy: true });
  return writing.write(path, target.folder.at(target.name), (held) => {
    if (etagOf(held) !== etagOf(stats)) throw changed(path);
  });
}

/** As `putInPlace`, but where renaming would make it another file it is left as it is, and the reason returned. */
export async function replaceByName(
  path: PlacePath,
  { from, ...target }: NameInFolder & { from: Buffer },
  replacing: Replacing,
): Promise<InPlaceReason | undefined> {
  const to = target.folder.at(target.name);
  const stats = await checkReplacing(path, target, replacing);
  if (stats === undefined)
    return void (await (replacing.ifNoneMatch === "*" ? moveWithoutReplacing : rename)(from, to));
  const reason = reasonOf(stats);
  if (reason !== undefined) return reason;
  if (!(await becomesLike(from, { path: to, stats }))) return "attributes";
  await replacing.keep?.({ ...target, stats }, { copy: false });
  try {
    return void (await rename(from, to));
  } catch (error) {
    const isKeptByName = reasonOf(await lstat(to, { bigint: true })) === "links"; // what is kept would be written over, too
    const refused = REFUSED[codeOf(error)];
    if (refused === undefined || isKeptByName) throw error;
    return refused;
  }
}

async function becomesLike(from: Buffer, like: { path: Buffer; stats: BigIntStats }): Promise<boolean> {
  const handle = await openBytes(from, flags.O_RDONLY | flags.O_NOFOLLOW);
  try {
    return await giveAttributes({ handle, path: from }, like);
  } finally {
    await handle.close();
  }
}

/** That a file is not as the caller believes. */
export function changed(path: PlacePath): AppError {
  return new AppError(
    "precondition_failed",
    `${pathToWire(path)} was changed or removed meanwhile; look at it before you write.`,
  );
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
  { folder, name }: NameInFolder,
  { ifMatch, ifNoneMatch }: Replacing,
): Promise<BigIntStats | undefined> {
  const stats = await statsOf(folder, name);
  const what = pathToWire(path);
  if (ifNoneMatch === "*" && stats !== undefined) throw new AppError("precondition_failed", `${what} exists already.`);
  if (stats?.isDirectory()) throw isFolder(path);
  if (stats !== undefined && !stats.isFile()) throw invalid(`${what} is no regular file and cannot be replaced.`);
  if (ifMatch !== undefined && !(stats !== undefined && matches(ifMatch, etagOf(stats)))) throw changed(path);
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
