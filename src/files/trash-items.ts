/** Where the trash of each place stands, and how an item lies in it: a folder of its own, with what was deleted and what is known of that. */

import { lstat, readdir } from "node:fs/promises";
import { z } from "zod";
import type { TrashItem } from "../protocol/project-files.ts";
import { readOwnFile } from "./own-file.ts";
import { OWN } from "./own-folder.ts";
import type { PlaceName, PlacePath, Places } from "./places.ts";
import { type Folder, inFolder } from "./walk.ts";

export const TRASHES: readonly PlaceName[] = ["home", "data", "tmp", "ext"];
export const ITEM_ID = /^[0-9a-f]{16}$/;
/** In the folder of an item: what was deleted, and what is known of it. */
export const CONTENT = Buffer.from("content");
export const ABOUT = Buffer.from("about.json");

const about = z.object({
  /** Where it was, as on the wire. */
  path: z.string(),
  kind: z.enum(["file", "folder", "link", "other"]),
  /** Bytes; of folders, once they were counted. */
  size: z.number().optional(),
  deleted: z.iso.datetime(),
  by: z.object({ account_id: z.string(), name: z.string() }),
});
export type About = z.infer<typeof about>;

/** What is in the trash of a place, in no order. */
export async function itemsOf(places: Places, place: PlaceName): Promise<TrashItem[]> {
  return inTrash(
    places,
    place,
    async (trash) => {
      const names = await readdir(trash.path);
      const items = await Promise.all(names.filter((name) => ITEM_ID.test(name)).map((id) => readItem(trash, id)));
      return items.filter((item) => item !== undefined);
    },
    [],
  );
}

/** Undefined: there is none of which anything can be told. */
export async function readItem(trash: Folder, id: string): Promise<TrashItem | undefined> {
  try {
    const item = await trash.enter(Buffer.from(id));
    try {
      await lstat(item.at(CONTENT));
      const { size, ...known } = about.parse(JSON.parse((await readOwnFile(item.at(ABOUT))).toString()));
      return { id, ...known, size: size ?? null };
    } finally {
      await item.close();
    }
  } catch {
    return undefined; // a crash left a part of it, or somebody worked here by hand
  }
}

/** A place's own trash: below the server's own folder at home, where it shows no further name; elsewhere at the top. */
export function trashOf(place: PlaceName): PlacePath {
  const names = place === "home" ? [OWN, "trash"] : [".cocalc-trash"];
  return { place, names: names.map((name) => Buffer.from(name)) };
}

/** Calls `use` with a place's trash; `none` where there is no trash yet, or no such place. */
export async function inTrash<T>(
  places: Places,
  place: PlaceName,
  use: (trash: Folder) => Promise<T>,
  none: T,
): Promise<T> {
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
