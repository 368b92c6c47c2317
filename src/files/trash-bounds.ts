/** Keeps the trash in bounds of age and size: what was not counted yet is counted, and the oldest goes for good. */

import { lstat, readdir, rmdir, unlink } from "node:fs/promises";
import type { TrashItem } from "../protocol/project-files.ts";
import { replaceOwnFile } from "./own-file.ts";
import type { PlaceName, Places } from "./places.ts";
import { ABOUT, type About, ITEM_ID, inTrash, itemsOf, readItem, TRASHES } from "./trash-items.ts";
import { deleteTree, sizeOfTree } from "./tree.ts";
import type { Folder } from "./walk.ts";

export interface TrashLimits {
  keptMs: number;
  /** Bytes that a place's trash holds at most, but for what was deleted within the last hour. */
  bytes: number;
  items: number;
}

export const TRASH_LIMITS: TrashLimits = { keptMs: 30 * 86_400_000, bytes: 5 * 1024 ** 3, items: 5_000 };

/** So long "Undo" is good, whatever the limits say. */
const SURE_MS = 3_600_000;

/** Counts what was not counted yet, and deletes for good what is too old, or too much: the oldest first. */
export async function tendTrash(places: Places, limits: TrashLimits, signal: AbortSignal): Promise<void> {
  for (const place of TRASHES) {
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
    const about = JSON.stringify({ ...known, size } satisfies About);
    await replaceOwnFile(folder.at(ABOUT), about).finally(() => folder.close());
  }
  return items;
}

/** What a crash left: an item of which nothing can be told, when nobody can be making it any more. */
async function removeBroken(trash: Folder): Promise<void> {
  for (const name of (await readdir(trash.path)).filter((one) => ITEM_ID.test(one))) {
    const stats = await lstat(trash.at(Buffer.from(name))).catch(() => undefined); // emptied meanwhile
    if (stats === undefined || Date.now() - stats.mtimeMs < SURE_MS) continue;
    if ((await readItem(trash, name)) !== undefined) continue;
    await unlink(trash.at(Buffer.from(`${name}/${ABOUT}`))).catch(() => {});
    await rmdir(trash.at(Buffer.from(name))).catch(() => {}); // somebody put something there by hand: it stays
  }
}
