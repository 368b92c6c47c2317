/** Lists a folder by pages in order of name; a large folder is read once for all its pages. */

import { constants as flags } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import { codeOf } from "../core/errors.ts";
import type { FileEntry, FileListing } from "../protocol/project-files.ts";
import { entryOf } from "./entry.ts";
import { fromWire, type PlacePath, type Places, pathToWire, toWire } from "./places.ts";
import { type Folder, inFolder } from "./walk.ts";

export const MAX_PAGE = 5_000;
const DEFAULT_PAGE = 1_000;

interface Names {
  sorted: Buffer[];
  /** When this was read, in ms; a folder may change within one tick of its file system's clock. */
  readAt: number;
}

/** Remembers the sorted names of the folders that were listed last, as long as those are unchanged. */
export class FolderNames {
  readonly #known = new Map<string, Names>();
  static readonly #maxFolders = 4;
  static readonly #keptMs = 15_000;

  async of(folder: Folder): Promise<Buffer[]> {
    const { dev, ino, mtimeNs, ctimeNs } = await stat(folder.path, { bigint: true });
    const key = `${dev} ${ino} ${mtimeNs} ${ctimeNs}`;
    const known = this.#known.get(key);
    if (known !== undefined && Date.now() - known.readAt < FolderNames.#keptMs) return known.sorted;
    const sorted = (await readdir(folder.path, { encoding: "buffer" })).sort(Buffer.compare);
    this.#remember(key, sorted);
    return sorted;
  }

  #remember(key: string, sorted: Buffer[]): void {
    if (sorted.length <= DEFAULT_PAGE) return; // one page: nobody will ask for the next
    this.#known.delete(key);
    this.#known.set(key, { sorted, readAt: Date.now() });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= FolderNames.#maxFolders) return;
      this.#known.delete(oldest);
    }
  }
}

interface Page {
  /** Name after which the page begins, as on the wire. */
  after?: string | undefined;
  limit?: number | undefined;
}

/** One page of a folder; what vanishes meanwhile is left out. */
export function listFolder(
  places: Places,
  path: PlacePath,
  { after, limit = DEFAULT_PAGE, names }: Page & { names: FolderNames },
): Promise<FileListing> {
  return inFolder(places, path, async (folder) => {
    const all = await names.of(folder);
    const from = after === undefined ? 0 : firstAfter(all, fromWire(after));
    const page = all.slice(from, from + Math.min(limit, MAX_PAGE));
    const entries = await Promise.all(page.map((name) => entryIfThere(folder, name)));
    const last = page.at(-1);
    return {
      path: pathToWire(path),
      entries: entries.filter((entry) => entry !== undefined),
      next: last !== undefined && from + page.length < all.length ? toWire(last) : null,
      writable: await isWritable(folder),
    };
  });
}

async function entryIfThere(folder: Folder, name: Buffer): Promise<FileEntry | undefined> {
  try {
    return await entryOf(folder, name);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** May the project write in this folder? */
async function isWritable(folder: Folder): Promise<boolean> {
  return access(folder.path, flags.W_OK).then(
    () => true,
    () => false, // whatever the reason, it cannot be written to
  );
}

function firstAfter(sorted: readonly Buffer[], name: Buffer): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare(sorted[middle] as Buffer, name) <= 0)
      low = middle + 1; // within the bounds of the search
    else high = middle;
  }
  return low;
}
