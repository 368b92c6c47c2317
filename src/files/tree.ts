/** Copies and deletes whole trees; links in them are things of their own and never followed. */

import { constants as flags } from "node:fs";
import { chmod, copyFile, lstat, mkdir, readdir, readlink, rmdir, symlink, unlink, utimes } from "node:fs/promises";
import { codeOf, invalid } from "../core/errors.ts";
import { openBytes } from "./open-bytes.ts";
import { toWire } from "./places.ts";
import type { Folder } from "./walk.ts";

const NOT_A_FILE = new Set(["EISDIR", "EPERM"]);

/** Deletes a name and all that is in it; what somebody else deleted meanwhile is no error. */
export async function deleteTree(folder: Folder, name: Buffer): Promise<void> {
  const stats = await lstat(folder.at(name));
  if (!stats.isDirectory()) return removeFile(folder, name);
  const inner = await folder.enter(name);
  try {
    for (const child of await readdir(inner.path, { encoding: "buffer" })) await deleteChild(inner, child);
  } finally {
    await inner.close();
  }
  await rmdir(folder.at(name)).catch(unlessGone);
}

async function deleteChild(folder: Folder, name: Buffer): Promise<void> {
  try {
    await unlink(folder.at(name));
  } catch (error) {
    if (NOT_A_FILE.has(codeOf(error))) return deleteTree(folder, name).catch(unlessGone);
    unlessGone(error);
  }
}

async function removeFile(folder: Folder, name: Buffer): Promise<void> {
  await unlink(folder.at(name)).catch(unlessGone);
}

function unlessGone(error: unknown): void {
  if (codeOf(error) !== "ENOENT") throw error;
}

interface Copy {
  from: Folder;
  name: Buffer;
  to: Folder;
  toName: Buffer;
  /** A folder that must not be entered: the one copied into, as "dev ino". */
  forbidden?: string | undefined;
}

/** Copies a name with all that is in it to a name that does not exist yet; modes and times go along. */
export async function copyTree(copy: Copy): Promise<void> {
  const { from, name, to, toName } = copy;
  const stats = await lstat(from.at(name));
  if (stats.isSymbolicLink()) return symlink(await readlink(from.at(name), "buffer"), to.at(toName));
  if (stats.isFile()) await copyOne(from.at(name), to.at(toName));
  else if (stats.isDirectory()) await copyFolder(copy, `${stats.dev} ${stats.ino}`);
  else throw invalid(`${toWire(name)} is a pipe, socket or device and cannot be copied.`);
  await chmod(to.at(toName), stats.mode & 0o7777).catch(() => {}); // file systems without modes
  await utimes(to.at(toName), stats.atime, stats.mtime).catch(() => {});
}

/** Copies the file that is there now: held open, so that a link put in its place is not followed. */
async function copyOne(from: Buffer, to: Buffer): Promise<void> {
  const flag = flags.O_RDONLY | flags.O_NOFOLLOW | flags.O_NONBLOCK;
  const handle = await openBytes(from, flag);
  try {
    const held = process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : from;
    await copyFile(held, to, flags.COPYFILE_EXCL | flags.COPYFILE_FICLONE);
  } finally {
    await handle.close();
  }
}

async function copyFolder({ from, name, to, toName, forbidden }: Copy, id: string): Promise<void> {
  if (id === forbidden) throw invalid(`${toWire(name)} cannot be copied into itself.`);
  await mkdir(to.at(toName), 0o700);
  const source = await from.enter(name);
  try {
    const target = await to.enter(toName);
    try {
      for (const child of await readdir(source.path, { encoding: "buffer" }))
        await copyTree({ from: source, name: child, to: target, toName: child, forbidden });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Bytes that a name and all that is in it hold, counted until the signal is aborted. */
export async function sizeOfTree(folder: Folder, name: Buffer, signal: AbortSignal): Promise<number> {
  const stats = await lstat(folder.at(name)).catch(() => undefined); // deleted meanwhile
  if (stats === undefined || signal.aborted) return 0;
  if (!stats.isDirectory()) return stats.size;
  const inner = await folder.enter(name).catch(() => undefined); // not ours to look into
  if (inner === undefined) return 0;
  try {
    let sum = 0;
    for (const child of await readdir(inner.path, { encoding: "buffer" }).catch(() => []))
      sum += await sizeOfTree(inner, child, signal);
    return sum;
  } finally {
    await inner.close();
  }
}
