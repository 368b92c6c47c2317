/** Makes, renames, copies, links and deletes files and folders. */

import { lstat, mkdir, rename, symlink } from "node:fs/promises";
import { codeOf, conflict, invalid } from "../core/errors.ts";
import type { FileEntry } from "../protocol/project-files.ts";
import { entryOf } from "./entry.ts";
import { fileError } from "./file-errors.ts";
import { asideOf, noted, settle } from "./leftovers.ts";
import { DOT, type PlacePath, type Places, pathToWire } from "./places.ts";
import { moveWithoutReplacing, statsOf } from "./replace.ts";
import { copyTree, deleteTree } from "./tree.ts";
import { type Folder, inParent } from "./walk.ts";
import { temporaryName } from "./write.ts";

/** @throws AppError `conflict` when something of that name is there. */
export function makeFolder(places: Places, path: PlacePath): Promise<FileEntry> {
  return inParent(places, path, async (folder, name) => {
    await mkdir(folder.at(name));
    return entryOf(folder, name);
  });
}

/** Makes a link; what it points to need not be there. */
export function makeLink(places: Places, path: PlacePath, target: string): Promise<FileEntry> {
  return inParent(places, path, async (folder, name) => {
    if (target === "" || target.includes("\0")) throw invalid("A link needs something to point to.");
    await symlink(target, folder.at(name));
    return entryOf(folder, name);
  });
}

/** Deletes for good. A link is deleted, not what it points to. */
export function deletePath(places: Places, path: PlacePath): Promise<void> {
  return inParent(places, path, deleteTree);
}

/** Where something goes, and whether it replaces what is there. */
export interface Going {
  from: PlacePath;
  to: PlacePath;
  overwrite: boolean;
}

/** Gives a file or folder another path, also one on another file system. */
export function movePath(places: Places, { from, to, overwrite }: Going): Promise<FileEntry> {
  return between(places, from, to, (pair) => move(pair, overwrite));
}

/** Copies a file or folder with all that is in it: all or nothing. */
export function copyPath(places: Places, { from, to, overwrite }: Going): Promise<FileEntry> {
  return between(places, from, to, (pair) => copy(pair, overwrite));
}

/** Two names, each in its folder, both held. */
interface Pair {
  from: Folder;
  name: Buffer;
  to: Folder;
  toName: Buffer;
  places: Places;
  /** The path of `toName`. */
  target: PlacePath;
}

function between(
  places: Places,
  from: PlacePath,
  to: PlacePath,
  use: (pair: Pair) => Promise<void>,
): Promise<FileEntry> {
  return inParent(places, from, (fromFolder, name) =>
    inParent(places, to, async (toFolder, toName) => {
      const pair = { from: fromFolder, name, to: toFolder, toName, places, target: to };
      await lstat(fromFolder.at(name)).catch((error) => {
        throw fileError(error, pathToWire(from));
      });
      await use(pair);
      return entryOf(toFolder, toName);
    }),
  );
}

async function move(pair: Pair, overwrite: boolean): Promise<void> {
  const { from, name, to, toName } = pair;
  const source = from.at(name);
  const target = to.at(toName);
  try {
    if (overwrite) await rename(source, target);
    else if ((await lstat(source)).isDirectory()) {
      await refuseTaken(pair); // folders have no hard links; an empty folder made this instant would be replaced
      await rename(source, target);
    } else await moveWithoutReplacing(source, target);
  } catch (error) {
    if (codeOf(error) !== "EXDEV") throw error;
    await copy(pair, overwrite); // another file system
    await deleteTree(from, name);
  }
}

/** All or nothing: a copy that fails half-way, or is killed, leaves what was there before. */
async function copy(pair: Pair, overwrite: boolean): Promise<void> {
  if (!overwrite) await refuseTaken(pair);
  const temporary = temporaryName("copy");
  const { places, target } = pair;
  await noted(places, { name: temporary, path: target, last: "keep" }, () => copyBy(pair, temporary, overwrite));
}

async function copyBy(pair: Pair, temporary: Buffer, overwrite: boolean): Promise<void> {
  const { from, name, to } = pair;
  try {
    const { dev, ino } = await lstat(to.at(DOT));
    await copyTree({ from, name, to, toName: temporary, forbidden: `${dev} ${ino}` });
    await put(pair, temporary, overwrite);
  } catch (error) {
    await settle(to, { temporary, name: pair.toName }).catch(() => {}); // the error that led here is told
    throw error;
  }
}

async function put(pair: Pair, temporary: Buffer, overwrite: boolean): Promise<void> {
  const { to, toName } = pair;
  const isFolder = (await lstat(to.at(temporary))).isDirectory();
  if (!overwrite && !isFolder) return moveWithoutReplacing(to.at(temporary), to.at(toName));
  const there = await statsOf(to, toName);
  if (there !== undefined && (isFolder || there.isDirectory())) return replace(pair, temporary);
  await rename(to.at(temporary), to.at(toName));
}

/** Nothing can be renamed over a folder that is not empty: it steps aside, and is deleted when the new one stands in its place. */
async function replace({ to, toName, target }: Pair, temporary: Buffer): Promise<void> {
  const aside = asideOf(temporary);
  await rename(to.at(toName), to.at(aside));
  await rename(to.at(temporary), to.at(toName));
  await deleteTree(to, aside).catch((cause: unknown) => {
    const what = pathToWire(target);
    throw conflict(
      `${what} was replaced, but not all that was there before could be deleted: see ${aside} beside it.`,
      {
        cause,
      },
    );
  });
}

async function refuseTaken({ to, toName, target }: Pair): Promise<void> {
  if ((await statsOf(to, toName)) !== undefined)
    throw conflict(`${pathToWire(target)} is there already; choose another name, or replace it.`);
}
