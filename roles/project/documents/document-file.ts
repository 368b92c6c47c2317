/** A file on disk as a document sees it: read when it stands still, written whole. What is in it is not its concern. */

import { createHash } from "node:crypto";
import { constants as flags } from "node:fs";
import { access, type FileHandle, lstat, readlink, realpath, unlink } from "node:fs/promises";
import { sleep } from "../../../src/core/clock.ts";
import { AppError, invalid, isAppError, messageOf } from "../../../src/core/errors.ts";
import { etagOf } from "../../../src/files/entry.ts";
import { fileError } from "../../../src/files/file-errors.ts";
import { type PlacePath, type Places, pathToWire, titleOf, toWire } from "../../../src/files/places.ts";
import { openForReading } from "../../../src/files/read.ts";
import { type Folder, walk } from "../../../src/files/walk.ts";
import { writeFile } from "../../../src/files/write.ts";
import { writeInPlace, writeSame } from "../../../src/files/write-same.ts";
import type { ContentLimit } from "../../../src/text/shared-content.ts";
import { InPlaceJournal } from "./in-place-journal.ts";

export interface Written {
  etag: string;
  inPlace: string | undefined;
}

/** A file that changed just now is looked at again before it is believed: many programs empty a file before they fill it. */
const STANDS_STILL_MS = 120;
const EMPTY_STANDS_STILL_MS = 1_000;
const MAX_LOOKS = 40;

export interface FileOnDisk {
  bytes: Buffer;
  etag: string;
  /** When it was last changed, in ms by the clock of its file system. */
  modifiedMs: number;
}

/** A file that is half written and cannot be finished now. */
export interface Unfinished {
  /** What it was about to become. */
  bytes: Buffer;
  /** Why, in words. */
  problem: string;
}

export class DocumentFile {
  readonly places: Places;
  readonly path: PlacePath;
  readonly #limit: ContentLimit;

  constructor(places: Places, path: PlacePath, limit: ContentLimit) {
    this.places = places;
    this.path = path;
    this.#limit = limit;
  }

  get name(): string {
    return pathToWire(this.path);
  }

  /** One name for one file, whatever links lead to it: relative to home, or absolute. */
  async identity(): Promise<string> {
    return walk(this.places, this.path, {
      last: "follow",
      use: async ({ folder, name }) => {
        if (name === undefined) throw invalid(`${this.name || titleOf(this.path.place)} is a folder.`);
        const real = await realPathOf(folder);
        const home = await realpath(this.places.home, "latin1");
        const full = `${real}/${name.toString("latin1")}`;
        return full.startsWith(`${home}/`) ? `home:${full.slice(home.length + 1)}` : full;
      },
    });
  }

  /** The etag; undefined when there is no file. */
  etag(): Promise<string | undefined> {
    return orMissing(() =>
      walk(this.places, this.path, {
        last: "follow",
        use: async ({ folder, name }) =>
          name === undefined ? undefined : etagOf(await lstat(folder.at(name), { bigint: true })),
      }),
    );
  }

  /** Bytes on disk; 0 when there is none. */
  size(): Promise<number> {
    return walk(this.places, this.path, {
      last: "follow",
      use: async ({ folder, name }) => (name === undefined ? 0 : (await lstat(folder.at(name))).size),
    }).catch(() => 0); // opening it tells what is wrong
  }

  /** All of it; undefined when there is no file. @throws AppError for what is too much. */
  read(): Promise<FileOnDisk | undefined> {
    return orMissing(async () => {
      const { handle, stats } = await openForReading(this.places, this.path);
      try {
        if (stats.size > this.#limit.bytes) throw this.#tooLarge();
        const bytes = await beginningOf(handle, this.#limit.bytes);
        if (bytes.length > this.#limit.bytes) throw this.#tooLarge();
        const after = await handle.stat({ bigint: true });
        // an etag that fits no state of the file makes the reader look again
        const etag = etagOf(after) === etagOf(stats) ? etagOf(stats) : `${etagOf(stats)} changing`;
        return { bytes, etag, modifiedMs: Number(after.mtimeMs) };
      } finally {
        await handle.close();
      }
    });
  }

  /** As `read`, when nobody is in the middle of writing it. `wasEmpty`: as it was known. */
  async readStill({ wasEmpty, signal }: { wasEmpty: boolean; signal: AbortSignal }): Promise<FileOnDisk | undefined> {
    let disk = await this.read();
    for (let looks = 0; looks < MAX_LOOKS && disk !== undefined && !signal.aborted; looks++) {
      const emptied = disk.bytes.length === 0 && !wasEmpty;
      const ageMs = Math.abs(Date.now() - disk.modifiedMs);
      if (ageMs > (emptied ? EMPTY_STANDS_STILL_MS : STANDS_STILL_MS) && !disk.etag.endsWith("changing")) break;
      const etag: string = disk.etag;
      await sleep(emptied ? STANDS_STILL_MS * 2 : STANDS_STILL_MS, signal);
      disk = await this.read();
      if (disk?.etag === etag && !emptied) break;
    }
    return disk;
  }

  /**
   * Writes it if it is still as `etag` says (undefined: missing). Returns the new etag, and in words why it was written in place, where it
   * was. `folder` is the one of the document's log.
   */
  async write(bytes: Buffer, { etag, folder }: { etag: string | undefined; folder: string }): Promise<Written> {
    if (bytes.length > this.#limit.bytes) throw this.#tooLarge();
    const { places, path } = this;
    const temporary = this.#temporary;
    if (etag === undefined) {
      const entry = await writeFile(places, path, { body: bytes, temporary, durable: true, ifNoneMatch: "*" });
      return { etag: entry.etag, inPlace: undefined };
    }
    const journal = new InPlaceJournal(folder);
    const kept = { begin: (was: Buffer) => journal.begin({ was, becomes: bytes }), end: () => journal.end() };
    const { entry, inPlace } = await writeSame(places, path, { bytes, etag, temporary, inPlace: kept });
    return { etag: entry.etag, inPlace };
  }

  /**
   * Finishes a writing in place that a crash or an error has cut off, and removes what a crash left beside the file. Returns what it was
   * about to become where it cannot be written now. `folder` is the one of the document's log.
   */
  async mend(folder: string): Promise<Unfinished | undefined> {
    const remove = ({ folder: at }: { folder: Folder }) => unlink(at.at(this.#temporary));
    await walk(this.places, this.path, { last: "follow", use: remove }).catch(() => {}); // usually there is none
    const journal = new InPlaceJournal(folder);
    if (!(await journal.isThere())) return undefined;
    const disk = await this.read().catch(() => undefined); // opening it tells what is wrong
    if (disk === undefined) return undefined;
    const bytes = await journal.unfinished(disk.bytes);
    if (bytes === undefined) return void (await journal.end());
    try {
      const inPlace = { begin: async () => {}, end: async () => {} }; // its own mixture is one of the same two
      await writeInPlace(this.places, this.path, { bytes, etag: disk.etag, inPlace });
    } catch (error) {
      return { bytes, problem: this.problemOf(error) };
    }
    return void (await journal.end());
  }

  #tooLarge(): AppError {
    return new AppError("too_large", `${this.name}: ${this.#limit.words}`);
  }

  /** Always the same for one file, so that it is found after a crash. */
  get #temporary(): Buffer {
    return Buffer.from(`.cocalc-save-${createHash("sha256").update(this.name).digest("hex").slice(0, 16)}`);
  }

  /** What went wrong with it, in words. */
  problemOf(error: unknown): string {
    return messageOf(fileError(error, this.name));
  }

  /** That it is not there, in words; a link that leads to nothing says so. */
  async missing(): Promise<string> {
    const target = await walk(this.places, this.path, {
      last: "keep",
      use: async ({ folder, name }) => (name === undefined ? undefined : readlink(folder.at(name), "buffer")),
    }).catch(() => undefined); // no link
    if (target === undefined) return `${this.name} does not exist.`;
    return `${this.name} is a link to ${toWire(target)}, which does not exist.`;
  }

  /** Why it cannot be written, in words; undefined when it can. */
  async readOnlyBecause(): Promise<string | undefined> {
    try {
      await walk(this.places, this.path, {
        last: "follow",
        use: async ({ folder, name }) => {
          const path = name === undefined ? folder.path : folder.at(name);
          const isThere = (await lstat(path).catch(() => undefined)) !== undefined;
          await access(isThere ? path : folder.path, flags.W_OK); // one that is there can be written in place
        },
      });
      return undefined;
    } catch (error) {
      const told = fileError(error, this.name);
      return told instanceof AppError ? told.message : "It cannot be written now.";
    }
  }
}

/** Where a held folder really is; Linux tells it of what is open. */
async function realPathOf(folder: Folder): Promise<string> {
  return readlink(folder.path, "latin1").catch(() => folder.path.toString("latin1"));
}

/** What a file holds, or enough to see that it is too much: its size is not believed, as it grows meanwhile and is 0 in /proc. */
async function beginningOf(handle: FileHandle, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const stream = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  return Buffer.concat(chunks);
}

async function orMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isAppError(error, "not_found")) return undefined;
    throw error;
  }
}
