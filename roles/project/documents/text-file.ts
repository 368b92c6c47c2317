/** A text file on disk as a document sees it: read when it stands still, written whole. */

import { createHash } from "node:crypto";
import { constants as flags } from "node:fs";
import { access, type FileHandle, lstat, readlink, realpath, unlink } from "node:fs/promises";
import { sleep } from "../../../src/core/clock.ts";
import { AppError, invalid, isAppError, messageOf } from "../../../src/core/errors.ts";
import { etagOf } from "../../../src/files/entry.ts";
import { fileError } from "../../../src/files/file-errors.ts";
import { type PlacePath, type Places, pathToWire, titleOf } from "../../../src/files/places.ts";
import { openForReading } from "../../../src/files/read.ts";
import { type Folder, walk } from "../../../src/files/walk.ts";
import { writeFile } from "../../../src/files/write.ts";
import { type DecodedText, decodeText } from "./text-format.ts";

/** Largest text that is edited together, in bytes. */
export const MAX_TEXT_BYTES = 10 * 1024 * 1024;

/** A file that changed just now is looked at again before it is believed: many programs empty a file before they fill it. */
const STANDS_STILL_MS = 120;
const EMPTY_STANDS_STILL_MS = 1_000;
const MAX_LOOKS = 40;

export interface FileOnDisk extends DecodedText {
  etag: string;
  /** When it was last changed, in ms by the clock of its file system. */
  modifiedMs: number;
}

export class TextFile {
  readonly places: Places;
  readonly path: PlacePath;

  constructor(places: Places, path: PlacePath) {
    this.places = places;
    this.path = path;
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

  /** The whole text; undefined when there is no file. @throws AppError for what is no text, or too much. */
  read(): Promise<FileOnDisk | undefined> {
    return orMissing(async () => {
      const { handle, stats } = await openForReading(this.places, this.path);
      try {
        if (stats.size > MAX_TEXT_BYTES) throw tooLarge(this.name);
        const bytes = await beginningOf(handle);
        if (bytes.length > MAX_TEXT_BYTES) throw tooLarge(this.name);
        const after = await handle.stat({ bigint: true });
        const decoded = decodeText(bytes);
        if (decoded === undefined) throw notText(this.name);
        // an etag that fits no state of the file makes the reader look again
        const etag = etagOf(after) === etagOf(stats) ? etagOf(stats) : `${etagOf(stats)} changing`;
        return { ...decoded, etag, modifiedMs: Number(after.mtimeMs) };
      } finally {
        await handle.close();
      }
    });
  }

  /** As `read`, when nobody is in the middle of writing it. `before`: the text as it was known. */
  async readStill({ before, signal }: { before: string; signal: AbortSignal }): Promise<FileOnDisk | undefined> {
    let disk = await this.read();
    for (let looks = 0; looks < MAX_LOOKS && disk !== undefined && !signal.aborted; looks++) {
      const emptied = disk.text === "" && before !== "";
      const ageMs = Math.abs(Date.now() - disk.modifiedMs);
      if (ageMs > (emptied ? EMPTY_STANDS_STILL_MS : STANDS_STILL_MS) && !disk.etag.endsWith("changing")) break;
      const etag: string = disk.etag;
      await sleep(emptied ? STANDS_STILL_MS * 2 : STANDS_STILL_MS, signal);
      disk = await this.read();
      if (disk?.etag === etag && !emptied) break;
    }
    return disk;
  }

  /** Writes it if it is still as `etag` says (undefined: missing). Returns the new etag. */
  async write(bytes: Buffer, etag: string | undefined): Promise<string> {
    const condition = etag === undefined ? { ifNoneMatch: "*" } : { ifMatch: `"${etag}"` };
    const { places, path } = this;
    const entry = await writeFile(places, path, {
      body: bytes,
      temporary: this.#temporary,
      durable: true,
      ...condition,
    });
    return entry.etag;
  }

  /** Removes what a crash in the middle of writing left beside the file. */
  async removeLeftover(): Promise<void> {
    const remove = ({ folder }: { folder: Folder }) => unlink(folder.at(this.#temporary));
    await walk(this.places, this.path, { last: "follow", use: remove }).catch(() => {}); // usually there is none
  }

  /** Always the same for one file, so that it is found after a crash. */
  get #temporary(): Buffer {
    return Buffer.from(`.cocalc-save-${createHash("sha256").update(this.name).digest("hex").slice(0, 16)}`);
  }

  /** What went wrong with it, in words. */
  problemOf(error: unknown): string {
    return messageOf(fileError(error, this.name));
  }

  /** Why it cannot be written, in words; undefined when it can. */
  async readOnlyBecause(): Promise<string | undefined> {
    try {
      await walk(this.places, this.path, {
        last: "follow",
        use: async ({ folder, name }) => {
          await access(folder.path, flags.W_OK);
          const path = name === undefined ? folder.path : folder.at(name);
          if ((await lstat(path).catch(() => undefined)) !== undefined) await access(path, flags.W_OK);
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
async function beginningOf(handle: FileHandle): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const stream = handle.createReadStream({ start: 0, autoClose: false, highWaterMark: 256 * 1024 });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_TEXT_BYTES) break;
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

function tooLarge(name: string): AppError {
  const limit = MAX_TEXT_BYTES / 1024 / 1024;
  return new AppError(
    "too_large",
    `${name} is larger than ${limit} MB, too much to edit together; download it instead.`,
  );
}

function notText(name: string): AppError {
  return invalid(`${name} is no UTF-8 text and cannot be edited here; download it instead.`, { status: 415 });
}
