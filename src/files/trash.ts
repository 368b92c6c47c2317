/** What was deleted stays for a while in a hidden folder of its own place, on the same file system, and can be put back; bounded in age and size. */

import { randomBytes } from "node:crypto";
import { type BigIntStats, constants as flags } from "node:fs";
import { copyFile, link, lstat, mkdir, readdir, readFile, rename, rmdir, unlink, writeFile } from "node:fs/promises";
import { z } from "zod";
import { codeOf, conflict, notFound } from "../core/errors.ts";
import type { TrashItem } from "../protocol/project-files.ts";
import { type PlaceName, type PlacePath, type Places, parsePath, pathToWire } from "./places.ts";
import { moveWithoutReplacing, type Target } from "./replace.ts";
import { deleteTree, sizeOfTree } from "./tree.ts";
import { type Folder, inFolder, inParent, walk } from "./walk.ts";

/** Who deletes. */
export interface Deleter {
  account_id: string;
  name: string;
}

export interface TrashLimits {
  keptMs: number;
  /** Bytes that a place's trash holds at most, but for what was deleted within the last hour. */
  bytes: number;
  items: number;
}

export const TRASH_LIMITS: TrashLimits = { keptMs: 30 * 86_400_000, bytes: 5 * 1024 ** 3, items: 5_000 };

/** So long "Undo" is good, whatever the limits say. */
const SURE_MS = 3_600_000;

const PLACES: readonly PlaceName[] = ["home", "data", "tmp", "ext"];
const ID = /^[0-9a-f]{16}$/;
/** In the folder of an item: what was deleted, and what is known of it. */
const CONTENT = Buffer.from("content");
const ABOUT = Buffer.from("about.json");

const about = z.object({
  /** Where it was, as on the wire. */
  path: z.string(),
  kind: z.enum(["file", "folder", "link", "other"]),
  /** Bytes; of folders, once they were counted. */
  size: z.number().optional(),
  deleted: z.iso.datetime(),
  by: z.object({ account_id: z.string(), name: z.string() }),
});
type About = z.infer<typeof about>;

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
  return ({ folder, name, stats }: Target & { stats: BigIntStats }, { copy }: { copy: boolean }): Promise<string> =>
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
  const items = await Promise.all(PLACES.map((place) => itemsOf(places, place)));
  return items.flat().sort((a, b) => b.deleted.localeCompare(a.deleted));
}

async function itemsOf(places: Places, place: PlaceName): Promise<TrashItem[]> {
  return inTrash(
    places,
    place,
    async (trash) => {
      const names = await readdir(trash.path);
      const items = await Promise.all(names.filter((name) => ID.test(name)).map((id) => readItem(trash, id)));
      return items.filter((item) => item !== undefined);
    },
    [],
  );
}

async function readItem(trash: Folder, id: string): Promise<TrashItem | undefined> {
  try {
    const item = await trash.enter(Buffer.from(id));
    try {
      await lstat(item.at(CONTENT));
      const { size, ...known } = about.parse(JSON.parse(await readFile(item.at(ABOUT), "utf8")));
      return { id, ...known, size: size ?? null };
    } finally {
      await item.close();
    }
  } catch {
    return undefined; // a crash left a part of it, or somebody worked here by hand
  }
}

/**
 * Puts an item back where it was, under another name where that is taken. Returns its path then, as on the wire.
 * @throws AppError `not_found` when there is no such item.
 */
export async function restoreFromTrash(places: Places, id: string): Promise<string> {
  for (const place of PLACES) {
    const restored = await inTrash(places, place, (trash) => restoreFrom(places, trash, id), undefined);
    if (restored !== undefined) return restored;
  }
  throw notFound("This is no longer in the trash: it was restored or deleted for good meanwhile.");
}

async function restoreFrom(places: Places, trash: Folder, id: string): Promise<string | undefined> {
  const known = ID.test(id) ? await readItem(trash, id) : undefined;
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
      else if (await isThere(folder, name)) continue;
      else await rename(item.at(CONTENT), folder.at(name));
      return name;
    } catch (error) {
      if (codeOf(error) !== "EEXIST" && codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "ENOTDIR") throw error;
    }
  }
}

async function isThere(folder: Folder, name: Buffer): Promise<boolean> {
  return lstat(folder.at(name)).then(
    () => true,
    () => false, // whatever the reason, the renaming tells it
  );
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
  for (const place of PLACES) {
    await inTrash(
      places,
      place,
      async (trash) => {
        const there = (await readdir(trash.path)).filter((name) => ID.test(name));
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

/** Counts what was not counted yet, and deletes for good what is too old, or too much: the oldest first. */
export async function tendTrash(places: Places, limits: TrashLimits, signal: AbortSignal): Promise<void> {
  for (const place of PLACES) {
    await inTrash(
      places,
      place,
      async (trash) => {
        await removeBroken(trash);
        for (const id of idsToRemove(await countedItems(places, place, trash, signal), limits, Date.now())) {
          if (signal.aborted) return;
          await deleteTree(trash, Buffer.from(id));
        }
      },
      undefined,
    );
  }
}

/** Which items go. Pure. */
export function idsToRemove(items: readonly TrashItem[], limits: TrashLimits, now: number): string[] {
  let bytes = 0;
  let count = 0;
  const latestFirst = [...items].sort((a, b) => b.deleted.localeCompare(a.deleted));
  return latestFirst.flatMap(({ id, size, deleted }) => {
    bytes += size ?? 0;
    count += 1;
    const ageMs = now - Date.parse(deleted);
    const isTooMuch = ageMs > limits.keptMs || bytes > limits.bytes || count > limits.items;
    if (!isTooMuch || ageMs < SURE_MS) return [];
    bytes -= size ?? 0;
    return [id];
  });
}

async function countedItems(
  places: Places,
  place: PlaceName,
  trash: Folder,
  signal: AbortSignal,
): Promise<TrashItem[]> {
  const items = await itemsOf(places, place);
  for (const item of items) {
    if (item.size !== null || signal.aborted) continue;
    item.size = await sizeOfTree(trash, Buffer.from(item.id), signal);
    const { id, size, ...known } = item;
    const folder = await trash.enter(Buffer.from(id));
    await writeFile(folder.at(ABOUT), JSON.stringify({ ...known, size } satisfies About)).finally(() => folder.close());
  }
  return items;
}

/** What a crash left: an item of which nothing can be told, when nobody can be making it any more. */
async function removeBroken(trash: Folder): Promise<void> {
  for (const name of (await readdir(trash.path)).filter((one) => ID.test(one))) {
    const stats = await lstat(trash.at(Buffer.from(name))).catch(() => undefined); // emptied meanwhile
    if (stats === undefined || Date.now() - stats.mtimeMs < SURE_MS) continue;
    if ((await readItem(trash, name)) !== undefined) continue;
    for (const part of [ABOUT]) await unlink(trash.at(Buffer.from(`${name}/${part}`))).catch(() => {});
    await rmdir(trash.at(Buffer.from(name))).catch(() => {}); // somebody put something there by hand: it stays
  }
}

/** A place's own trash: below the server's own folder at home, where it shows no further name; elsewhere at the top. */
function trashOf(place: PlaceName): PlacePath {
  const names = place === "home" ? [".cocalc", "trash"] : [".cocalc-trash"];
  return { place, names: names.map((name) => Buffer.from(name)) };
}

/** Calls `use` with a place's trash; `none` where there is no trash yet, or no such place. */
async function inTrash<T>(places: Places, place: PlaceName, use: (trash: Folder) => Promise<T>, none: T): Promise<T> {
  let wasThere = false;
  try {
    return await inFolder(places, trashOf(place), (trash) => {
      wasThere = true;
      return use(trash);
    });
  } catch (error) {
    if (wasThere) throw error;
    return none;
  }
}
