/** What is known of unfinished uploads, a small file for each in ~/.cocalc/uploads: they outlive the server, not for ever, and not too many. */

import { readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readOwnFile, replaceOwnFile } from "./own-file.ts";
import { makeOwnFolder, OWN, ownFolder } from "./own-folder.ts";
import type { PlacePath, Places } from "./places.ts";

const UPLOADS = "uploads";
/** An upload of which nothing came for so long is removed. */
const UPLOAD_KEPT_MS = 2 * 86_400_000;
const MOST_UPLOADS = 200;
/** The folder of the notes. */
export const BESIDE_NOTES: PlacePath = { place: "home", names: [Buffer.from(OWN), Buffer.from(UPLOADS)] };
const NAME = /^([0-9a-f]{16})\.json$/;

const uploadNote = z.object({
  /** Where the file goes, as on the wire. */
  path: z.string(),
  owner: z.string(),
  key: z.string(),
  size: z.number(),
  /** Bytes that are on the disk for sure. */
  synced: z.number(),
  /** It stands beside this note, since nothing can be made in the folder where it goes. */
  isAway: z.boolean().optional(),
});
type UploadNote = z.infer<typeof uploadNote>;

interface FoundNote extends UploadNote {
  id: string;
  touchedMs: number;
}

export class UploadNotes {
  readonly #places: Places;
  readonly #folder: string;

  constructor(places: Places) {
    this.#places = places;
    this.#folder = ownFolder(places, UPLOADS);
  }

  async read(id: string): Promise<FoundNote | undefined> {
    try {
      const file = this.#file(id);
      const note = uploadNote.parse(JSON.parse((await readOwnFile(file)).toString()));
      return { ...note, id, touchedMs: (await stat(file)).mtimeMs };
    } catch {
      return undefined; // there is none, or what is there is none
    }
  }

  /** Whole or not at all: a crash leaves the one before. */
  async write(id: string, note: UploadNote): Promise<void> {
    await makeOwnFolder(this.#places, UPLOADS);
    await replaceOwnFile(this.#file(id), JSON.stringify(note));
  }

  async remove(id: string): Promise<void> {
    await unlink(this.#file(id)).catch(() => {}); // usually removed once
  }

  /** All, the latest first. */
  async all(): Promise<FoundNote[]> {
    const names = await readdir(this.#folder).catch(() => []); // usually there is no such folder
    const ids = names.flatMap((name) => NAME.exec(name)?.[1] ?? []);
    const notes = await Promise.all(ids.map((id) => this.read(id)));
    return notes.filter((note) => note !== undefined).sort((a, b) => b.touchedMs - a.touchedMs);
  }

  async old(): Promise<FoundNote[]> {
    return (await this.all()).filter(({ touchedMs }) => Date.now() - touchedMs > UPLOAD_KEPT_MS);
  }

  /** The one that has to go before another begins; undefined where there is room. */
  async tooMany(): Promise<FoundNote | undefined> {
    const all = await this.all();
    return all.length < MOST_UPLOADS ? undefined : all.at(-1);
  }

  #file(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}
