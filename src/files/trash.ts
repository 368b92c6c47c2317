/** What was deleted stays for a while in a hidden folder of its own place, on the same file system, and can be put back. `trash-bounds.ts` keeps it small. */

import { randomBytes } from "node:crypto";
import { type BigIntStats, constants as flags } from "node:fs";
import { copyFile, link, lstat, mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { codeOf, conflict, notFound } from "../core/errors.ts";
import type { TrashItem } from "../protocol/project-files.ts";
import { type PlacePath, type Places, parsePath, pathToWire } from "./places.ts";
import { moveWithoutReplacing, type NameInFolder, statsOf } from "./replace.ts";
import { ABOUT, type About, CONTENT, ITEM_ID, inTrash, itemsOf, readItem, TRASHES, trashOf } from "./trash-items.ts";
import { deleteTree } from "./tree.ts";
import { type Folder, inParent, walk } from "./walk.ts";

/** Who deletes. */
export interface Deleter {
  account_id: string;
  name: string;
}

/**
 * Moves a file, folder or link into the trash of its place. Returns the item's id.
 * @throws AppError `conflict` when it cannot be kept: then it is still there, and only deleting for good takes it away.
 */
export function moveToTrash(places: Places, path: PlacePath, by: Deleter): Promise<string> {
  return inParent(places, path, async (folder, name) => {
    const stats = await lstat(folder.at(name), { bigint: true });
    refuseTrashItself(path);
    return addItem(places, { path, by, stats }, (item) => rename(folder.at(name), item.at(CONTENT)));
  });
}

/** For `Replacing.keep`: a file that is about to be replaced is in the trash as well. Its name is never missing meanwhile. */
export function keepInTrash(places: Places, path: PlacePath, by: Deleter) {
  return (
    { folder, name, stats }: NameInFolder & { stats: BigIntStats },
    { copy }: { copy: boolean },
  ): Promise<string> =>
    addItem(places, { path, by, stats }, async (item) => {
      // a second name costs nothing, where the file is about to lose the first one
      const linked = !copy && (await link(folder.at(name), item.at(CONTENT)).then(...YES_OR_NO));
      if (!linked) await copyFile(folder.at(name), item.at(CONTENT), flags.COPYFILE_FICLONE);
    });
}

const YES_OR_NO = [() => true, () => false] as const;

/** What is in the trash cannot be thrown away again, nor can the trash. */
function refuseTrashItself(path: PlacePath): void {
  const trash = trashOf(path.place).names;
  const [shorter, longer] = path.names.length < trash.length ? [path.names, trash] : [trash, path.names];
  if (shorter.every((name, index) => longer[index]?.equals(name)))
    throw conflict(`${pathToWire(path)} holds the trash; empty the trash instead.`);
}

async function addItem(
  places: Places,
  { path, by, stats }: { path: PlacePath; by: Deleter; stats: BigIntStats },
  put: (item: Folder) => Promise<unknown>,
): Promise<string> {
  const id = randomBytes(8).toString("hex");
  const kind = stats.isSymbolicLink() ? "link" : stats.isDirectory() ? "folder" : stats.isFile() ? "file" : "other";
  const known: About = {
    path: pathToWire(path),
    kind,
    ...(kind === "folder" ? {} : { size: Number(stats.size) }),
    deleted: new Date().toISOString(),
    by,
  };
  let refused: { error: unknown } | undefined;
  const make = async (item: Folder) => {
    await writeFile(item.at(ABOUT), JSON.stringify(known));
    await put(item).catch((error: unknown) => {
      refused = { error };
      throw error;
    });
  };
  try {
    await makeItem(places, trashOf(path.place), { id: Buffer.from(id), make });
  } catch (error) {
    // what the trash refuses, it cannot keep; what the file refuses is told of the file
    if (refused !== undefined && codeOf(refused.error) !== "EXDEV") throw refused.error;
    throw conflict(`${pathToWire(path)} cannot be moved to the trash; it can only be deleted for good.`, {
      cause: error,
    });
  }
  return id;
}

function makeItem(
  places: Places,
  trashPath: PlacePath,
  { id, make }: { id: Buffer; make: (item: Folder) => Promise<void> },
): Promise<void> {
  return walk(places, trashPath, {
    last: "enter",
    make: true,
    use: async ({ folder: trash }) => {
      await mkdir(trash.at(id), 0o700);
      const item = await trash.enter(id);
      try {
        await make(item);
      } catch (error) {
        await deleteTree(trash, id).catch(() => {}); // the error that led here is told
        throw error;
      } finally {
        await item.close();
      }
    },
  });
}

/** All that is in the trash, the latest first. */
export async function listTrash(places: Places): Promise<TrashItem[]> {
  const items = await Promise.all(TRASHES.map((place) => itemsOf(places, place)));
  return items.flat().sort((a, b) => b.deleted.localeCompare(a.deleted));
}

/**
 * Puts an item back where it was, under another name where that is taken. Returns its path then, as on the wire.
 * @throws AppError `not_found` when there is no such item.
 */
export async function restoreFromTrash(places: Places, id: string): Promise<string> {
  for (const place of TRASHES) {
    const restored = await inTrash(places, place, (trash) => restoreFrom(places, trash, id), undefined);
    if (restored !== undefined) return restored;
  }
  throw notFound("This is no longer in the trash: it was restored or deleted for good meanwhile.");
}

async function restoreFrom(places: Places, trash: Folder, id: string): Promise<string | undefined> {
  const known = ITEM_ID.test(id) ? await readItem(trash, id) : undefined;
  if (known === undefined) return undefined;
  const item = await trash.enter(Buffer.from(id));
  try {
    const path = parsePath(places, known.path);
    const to: PlacePath = { place: path.place, names: path.names.slice(0, -1) };
    const name = await walk(places, to, {
      last: "enter",
      make: true,
      use: ({ folder }) => putBack(item, folder, path.names.at(-1) ?? Buffer.from("restored")),
    });
    await deleteTree(trash, Buffer.from(id));
    return pathToWire({ ...to, names: [...to.names, name] });
  } finally {
    await item.close();
  }
}

async function putBack(item: Folder, folder: Folder, wanted: Buffer): Promise<Buffer> {
  const isFolder = (await lstat(item.at(CONTENT))).isDirectory();
  for (let tries = 1; ; tries++) {
    const name = tries === 1 ? wanted : nameOfRestored(wanted, tries - 1);
    try {
      if (!isFolder) await moveWithoutReplacing(item.at(CONTENT), folder.at(name));
      else if ((await statsOf(folder, name)) !== undefined) continue;
      else await rename(item.at(CONTENT), folder.at(name));
      return name;
    } catch (error) {
      if (codeOf(error) !== "EEXIST" && codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "ENOTDIR") throw error;
    }
  }
}

const LONGEST_NAME = 255;

/** "a.txt" → "a (restored).txt"; a name that would become too long loses its end. */
function nameOfRestored(name: Buffer, number: number): Buffer {
  const mark = Buffer.from(number === 1 ? " (restored)" : ` (restored ${number})`);
  const dot = name.lastIndexOf(0x2e);
  const end = dot > 0 && name.length - dot <= 20 ? name.subarray(dot) : Buffer.alloc(0);
  const stem = name.subarray(0, name.length - end.length).subarray(0, LONGEST_NAME - mark.length - end.length);
  return Buffer.concat([stem, mark, end]);
}

/** Deletes for good what is in the trash: these, or all. Returns how many they were. */
export async function emptyTrash(places: Places, ids?: readonly string[]): Promise<number> {
  let count = 0;
  for (const place of TRASHES) {
    await inTrash(
      places,
      place,
      async (trash) => {
        const there = (await readdir(trash.path)).filter((name) => ITEM_ID.test(name));
        for (const id of ids === undefined ? there : there.filter((one) => ids.includes(one))) {
          await deleteTree(trash, Buffer.from(id));
          count += 1;
        }
      },
      undefined,
    );
  }
  return count;
}
