/** Files that come in parts: what is here of one stays, beside where it goes, through cuts and restarts, until it is whole or too old. */

import { createHash } from "node:crypto";
import { constants as flags } from "node:fs";
import { type FileHandle, unlink } from "node:fs/promises";
import { AppError, codeOf, conflict, invalid } from "../core/errors.ts";
import type { UnfinishedUpload, WrittenEntry } from "../protocol/project-files.ts";
import { entryOf, statPath } from "./entry.ts";
import { openBytes } from "./open-bytes.ts";
import { type PlacePath, type Places, parsePath, pathToWire } from "./places.ts";
import { checkReplacing, isFolder, putInPlace, putOver, REFUSED, type Replacing } from "./replace.ts";
import { BESIDE_NOTES, UploadNotes } from "./upload-notes.ts";
import { type Folder, inFolder, type Spot, walk } from "./walk.ts";
import { writtenEntry } from "./write.ts";

/** What an upload is known by: the same one is found again by whoever began it and chooses the same file for the same folder. */
export interface UploadName {
  /** Where the file goes. */
  path: PlacePath;
  /** The account whose upload it is. */
  owner: string;
  /** Tells the file from others: made by the sender of its name, size, time and some of its bytes. */
  key: string;
  /** Bytes of the whole file. */
  size: number;
}

export interface Part extends Replacing {
  /** Where the part begins: not beyond what is here. */
  offset: number;
  body: AsyncIterable<Buffer>;
  /** Ends the body of this part, when a later one comes in its place: its connection may be long dead. */
  cut: () => void;
  /** Makes the folders on the way. */
  makeFolders?: boolean;
}

/** What is here of an upload; `entry` when it was put in its place just now. */
export interface UploadState {
  offset: number;
  entry?: WrittenEntry;
}

/** When there are too many, one that is untouched for so long makes room. */
const MAY_GO_AFTER_MS = 3_600_000;
/** Whoever lost the last answer on the way asks again: of so many the end is remembered. */
const MOST_PLACED = 200;

/** A part that is being received. */
interface Receiving {
  cut: () => void;
  ended: Promise<void>;
}

/** The uploads of one home. Of each, one part is received at a time; a later one takes over. */
export class Uploads {
  readonly #places: Places;
  readonly #notes: UploadNotes;
  readonly #receiving = new Map<string, Receiving>();
  /** Those of which this process knows every byte that was written; of others, what was noted counts. */
  readonly #known = new Set<string>();
  readonly #placed = new Map<string, WrittenEntry>();

  constructor(places: Places) {
    this.#places = places;
    this.#notes = new UploadNotes(places);
  }

  /** What is here, once what is being received has ended. */
  stateOf(upload: UploadName): Promise<UploadState> {
    const entry = this.#placed.get(idOf(upload));
    const look = async () => ({ offset: (await this.#here(upload)).offset, ...(entry === undefined ? {} : { entry }) });
    return this.#alone(upload, () => {}, look);
  }

  /**
   * Takes a part, and puts the file in its place when it is whole; then its entry is in the answer.
   * @throws AppError `conflict` when the part begins beyond what is here, `precondition_failed` as `writeFile`; what is here stays in any case.
   */
  add(upload: UploadName, part: Part): Promise<UploadState> {
    return this.#alone(upload, part.cut, async () => {
      await this.#check(upload.path, part);
      const here = await this.#here(upload);
      if (part.offset > here.offset)
        throw conflict(`Of this upload ${here.offset} bytes are here; the part at ${part.offset} comes too early.`);
      if (here.offset === 0) await this.#makeRoom(upload);
      const offset = await (here.isAway ? this.#receiveIn(BESIDE_NOTES, upload, part) : this.#receive(upload, part));
      return offset < upload.size ? { offset } : { offset, entry: await this.#finish(upload, part) };
    });
  }

  /** Forgets what is here of an upload. */
  drop(upload: UploadName): Promise<void> {
    return this.#alone(
      upload,
      () => {},
      () => this.#remove(idOf(upload), upload.path),
    );
  }

  /** The unfinished ones of an account, the latest first. */
  async unfinishedOf(owner: string): Promise<UnfinishedUpload[]> {
    const mine = (await this.#notes.all()).filter((note) => note.owner === owner);
    return mine.map(({ path, key, size, synced, touchedMs }) => ({
      path,
      key,
      size,
      offset: synced,
      touched: new Date(touchedMs).toISOString(),
    }));
  }

  /** Removes those of which nothing came for long. */
  async removeOld(): Promise<void> {
    for (const { id, path } of await this.#notes.old()) if (!this.#receiving.has(id)) await this.#removeNoted(id, path);
  }

  /** Runs an act while nothing else touches the upload: a part that is being received is cut off, and what came of it is kept. */
  async #alone<T>(upload: UploadName, cut: () => void, act: () => Promise<T>): Promise<T> {
    const id = idOf(upload);
    for (let other = this.#receiving.get(id); other !== undefined; other = this.#receiving.get(id)) {
      other.cut();
      await other.ended;
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#receiving.set(id, { cut, ended });
    try {
      return await act();
    } finally {
      this.#receiving.delete(id);
      resolve();
    }
  }

  /** Before anything is taken: a file that may not be put in its place need not come. Its folder may be missing yet. */
  async #check(path: PlacePath, replacing: Replacing): Promise<void> {
    const use = async ({ folder, name }: Spot) => {
      if (name === undefined) throw isFolder(path);
      await checkReplacing(path, { folder, name }, replacing);
    };
    await walk(this.#places, path, { last: "follow", use }).catch((error: unknown) => {
      if (!(error instanceof AppError && error.code === "not_found")) throw error;
    });
  }

  /** The file's length is believed of what this process wrote; after a crash of the machine, only what was known to be on the disk. */
  async #here(upload: UploadName): Promise<{ offset: number; isAway: boolean }> {
    const id = idOf(upload);
    const note = await this.#notes.read(id);
    if (note === undefined) return { offset: 0, isAway: false };
    const { synced, isAway = false } = note;
    const length = await this.#lengthOf(id, standsIn(upload.path, note));
    return { offset: this.#known.has(id) ? length : Math.min(length, synced), isAway };
  }

  async #lengthOf(id: string, place: PlacePath): Promise<number> {
    try {
      return (await inFolder(this.#places, place, (folder) => entryOf(folder, partOf(id)))).size;
    } catch {
      return 0; // it is gone, or its folder: it begins anew
    }
  }

  async #makeRoom(upload: UploadName): Promise<void> {
    const tooMany = await this.#notes.tooMany();
    if (tooMany === undefined) return;
    const { id, path, touchedMs } = tooMany;
    if (Date.now() - touchedMs > MAY_GO_AFTER_MS) await this.#removeNoted(id, path);
    else if (id !== idOf(upload))
      throw new AppError("rate_limited", "Too many uploads are unfinished in this project; end some of them first.");
  }

  /**
   * Receives in the file's folder, and beside the notes where that is closed. Answers how much is here then; what came before an error is kept.
   */
  async #receive(upload: UploadName, part: Part): Promise<number> {
    try {
      return await this.#receiveIn(folderOf(upload.path), upload, part);
    } catch (error) {
      const isClosed = REFUSED[codeOf((error as Error).cause)] === "folder"; // nothing was taken yet
      if (!isClosed || !(await this.#isThere(upload.path))) throw error;
      await this.#note(upload, { synced: 0, isAway: true }); // which makes its folder
      return this.#receiveIn(BESIDE_NOTES, upload, part);
    }
  }

  #isThere(path: PlacePath): Promise<boolean> {
    return statPath(this.#places, path).then(
      () => true,
      () => false,
    );
  }

  async #receiveIn(place: PlacePath, upload: UploadName, part: Part): Promise<number> {
    const { size } = upload;
    const id = idOf(upload);
    const make = part.makeFolders ?? false;
    const isAway = place === BESIDE_NOTES;
    return walk(this.#places, place, {
      last: "enter",
      make,
      use: async ({ folder }) => {
        const handle = await openPart(folder, id);
        this.#placed.delete(id);
        try {
          await handle.truncate(part.offset); // nothing is kept of what the sender does not count on
          await this.#note(upload, { synced: part.offset, isAway });
          this.#known.add(id);
          const synced = await this.#write(handle, upload, part);
          await this.#note(upload, { synced, isAway });
          return synced;
        } catch (error) {
          await handle.datasync().catch(() => {}); // the error that led here is told
          const synced = Math.min(Number((await handle.stat()).size), size);
          await this.#note(upload, { synced, isAway }).catch(() => {});
          throw error;
        } finally {
          await handle.close();
        }
      },
    });
  }

  async #write(handle: FileHandle, upload: UploadName, { offset, body }: Part): Promise<number> {
    let at = offset;
    for await (const chunk of body) {
      if (at + chunk.length > upload.size) throw invalid("This part is longer than what is missing of the file.");
      await writeAll(handle, chunk, at);
      at += chunk.length;
    }
    await handle.datasync();
    return at;
  }

  async #note(
    { path, owner, key, size }: UploadName,
    { synced, isAway }: { synced: number; isAway: boolean },
  ): Promise<void> {
    const note = { path: pathToWire(path), owner, key, size, synced, ...(isAway && { isAway }) };
    await this.#notes.write(idOf({ path, owner, key, size }), note);
  }

  async #finish(upload: UploadName, replacing: Replacing): Promise<WrittenEntry> {
    const { path } = upload;
    const id = idOf(upload);
    const note = await this.#notes.read(id);
    const entry = await inFolder(this.#places, standsIn(path, note), (source) =>
      walk(this.#places, path, {
        last: "follow",
        use: async ({ folder, name }) => {
          if (name === undefined) throw isFolder(path);
          const target = { from: source.at(partOf(id)), folder, name };
          const over = note?.isAway
            ? { stats: await putOver(this.#places, path, target, replacing), because: "folder" as const }
            : await putInPlace(this.#places, path, target, replacing);
          return over === undefined ? entryOf(folder, name) : writtenEntry(name, over);
        },
      }),
    );
    this.#known.delete(id);
    await this.#notes.remove(id);
    this.#placed.set(id, entry);
    for (const oldest of this.#placed.keys()) if (this.#placed.size > MOST_PLACED) this.#placed.delete(oldest);
    return entry;
  }

  async #removeNoted(id: string, path: string): Promise<void> {
    await this.#remove(id, parsePath(this.#places, path)).catch(() => this.#notes.remove(id)); // its folder leads nowhere by now
  }

  async #remove(id: string, path: PlacePath): Promise<void> {
    const remove = (folder: Folder) => unlink(folder.at(partOf(id)));
    for (const place of [folderOf(path), BESIDE_NOTES]) await inFolder(this.#places, place, remove).catch(() => {}); // it, or its folder, is gone
    this.#known.delete(id);
    await this.#notes.remove(id);
  }
}

/** Another name in the same folder is the same upload: who keeps both has not to send it again. */
function idOf({ path, owner, key, size }: UploadName): string {
  const told = [pathToWire(folderOf(path)), owner, key, String(size)];
  return createHash("sha256").update(JSON.stringify(told)).digest("hex").slice(0, 16);
}

function folderOf({ place, names }: PlacePath): PlacePath {
  return { place, names: names.slice(0, -1) };
}

function standsIn(path: PlacePath, note: { isAway?: boolean | undefined } | undefined): PlacePath {
  return note?.isAway ? BESIDE_NOTES : folderOf(path);
}

/** Hidden, and told from people's files by its beginning. */
function partOf(id: string): Buffer {
  return Buffer.from(`.cocalc-part-${id}`);
}

function openPart(folder: Folder, id: string): Promise<FileHandle> {
  const flag = flags.O_WRONLY | flags.O_CREAT | flags.O_NOFOLLOW | flags.O_NONBLOCK;
  return openBytes(folder.at(partOf(id)), flag, 0o666);
}

async function writeAll(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
