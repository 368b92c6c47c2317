/** The documents that are open: each file once however it is called, watched for changes on disk, let go some time after its last reader. */

import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { every } from "../../../src/core/clock.ts";
import { AppError, notFound } from "../../../src/core/errors.ts";
import type { Life } from "../../../src/core/life.ts";
import { localPath } from "../../../src/files/local-path.ts";
import type { TextEncoding } from "../../../src/protocol/document-text.ts";
import { Document, type DocumentOptions } from "./document.ts";
import type { DocumentContent } from "./document-content.ts";
import type { DocumentFile } from "./document-file.ts";
import type { DocumentStore } from "./document-store.ts";

export const MAX_DOCUMENTS = 300;
/** Bytes on disk of those that are being opened, and units of text of those that are. */
const MAX_LENGTH_TOGETHER = 200_000_000;
/** Of both, as much is opened for somebody who only reads: whoever works here finds room. */
const PART_FOR_READING = 1 / 2;
/** A document that nobody has open stays in memory for this long: a reload finds it there. */
const LINGER_MS = 30_000;
/** Shared storage tells nobody of another machine's writes. */
const LOOK_EVERY_MS = 2_000;
/** A change on disk is looked at after this long: programs write several times. */
const GATHER_MS = 40;

export interface Entry {
  identity: string;
  document: Document;
  watcher: FSWatcher | undefined;
  lookTimer?: NodeJS.Timeout | undefined;
  emptySince: number | undefined;
}

interface Opening {
  /** What it will have at most, as far as the disk tells. */
  length: number;
  done: Promise<Entry>;
}

interface Wish {
  encoding?: TextEncoding | undefined;
  /** Who only reads has nothing opened that is not there: a document of no file is kept for whoever makes the file. */
  mayWrite: boolean;
}

interface Options {
  content: DocumentContent<unknown>;
  store: DocumentStore;
  /** What has to end before something of these names is opened. */
  busy: (names: readonly string[]) => Promise<void> | undefined;
}

/** Each is in one of three maps: opening → open → closing. Nobody waits for the opening of a document but who wants that very one. */
export class DocumentTable {
  readonly #life: Life;
  readonly #options: Options;
  readonly #opening = new Map<string, Opening>();
  readonly #open = new Map<string, Entry>();
  readonly #closing = new Map<string, Promise<void>>();

  constructor(life: Life, options: Options) {
    this.#life = life;
    this.#options = options;
    life.run("documents", (signal) => every(LOOK_EVERY_MS, signal, () => this.#tend()));
  }

  /** The document of a file, opened if it is not yet. @throws AppError when it cannot be edited. */
  async entryOf(file: DocumentFile, wish: Wish): Promise<Entry> {
    if (this.#life.isStopping) throw new AppError("unavailable", "The project is stopping.");
    const identity = await file.identity();
    const busy = () => this.#closing.get(identity) ?? this.#options.busy([file.name, identity]);
    const before = busy();
    if (before !== undefined) return before.then(() => this.entryOf(file, wish));
    const known = this.#open.get(identity) ?? this.#opening.get(identity)?.done;
    if (known !== undefined) return known;
    const length = await file.size();
    const isThere = wish.mayWrite || (await file.etag()) !== undefined;
    if (this.#open.has(identity) || this.#opening.has(identity) || busy() !== undefined)
      return this.entryOf(file, wish);
    if (!isThere) throw notFound(`There is no file ${file.name}.`);
    this.#checkRoom(wish);
    const done = this.#load({ file, identity, encoding: wish.encoding }).finally(() => this.#opening.delete(identity));
    this.#opening.set(identity, { length, done });
    return done;
  }

  /** All that are open by now. */
  get entries(): Entry[] {
    return [...this.#open.values()];
  }

  /** Takes those out that match, also ones that are being opened, so that whoever wants them opens them anew. They are still to be ended. */
  async takeOut(matches: (names: readonly string[]) => boolean): Promise<Entry[]> {
    const opening = [...this.#opening].filter(([identity]) => matches([identity])).map(([, { done }]) => done);
    await Promise.allSettled(opening); // told to whoever opens them
    const taken = this.entries.filter(({ identity, document }) => matches([identity, document.file.name]));
    for (const { identity } of taken) this.#open.delete(identity);
    return taken;
  }

  /** Saves and closes one that was taken out. */
  async end(entry: Entry, how?: { isMoving: boolean }): Promise<void> {
    clearTimeout(entry.lookTimer);
    entry.watcher?.close();
    await entry.document.close(how);
  }

  async closeAll(): Promise<void> {
    await Promise.all((await this.takeOut(() => true)).map((entry) => this.end(entry)));
  }

  #checkRoom({ mayWrite }: Wish): void {
    const part = mayWrite ? 1 : PART_FOR_READING;
    const count = this.#open.size + this.#opening.size;
    if (count >= MAX_DOCUMENTS * part || this.#lengthTogether() >= MAX_LENGTH_TOGETHER * part)
      throw new AppError("rate_limited", "This project has too many documents open; close some first.");
  }

  #lengthTogether(): number {
    const opening = [...this.#opening.values()].reduce((sum, { length }) => sum + length, 0);
    return this.entries.reduce((sum, { document }) => sum + document.length, opening);
  }

  async #load(wanted: Pick<DocumentOptions, "file" | "identity" | "encoding">): Promise<Entry> {
    const { content, store } = this.#options;
    const document = await Document.open({ ...wanted, content, store, signal: this.#life.signal });
    const { identity } = wanted;
    const entry: Entry = { identity, document, watcher: undefined, emptySince: Date.now() };
    entry.watcher = this.#watch(entry);
    this.#open.set(identity, entry);
    return entry;
  }

  /** The kernel's watches may be used up, and names may be strange: then looking now and then has to do. */
  #watch(entry: Entry): FSWatcher | undefined {
    const look = () => {
      entry.lookTimer ??= setTimeout(() => {
        entry.lookTimer = undefined;
        void entry.document.lookAtDisk();
      }, GATHER_MS);
    };
    try {
      const { places, path } = entry.document.file;
      const watcher = watch(dirname(localPath(places, path)), { persistent: false }, look);
      watcher.on("error", () => watcher.close());
      return watcher;
    } catch {
      return undefined;
    }
  }

  async #tend(): Promise<void> {
    const now = Date.now();
    const looks = this.entries.map((entry) => {
      if (entry.document.readers > 0) entry.emptySince = undefined;
      else entry.emptySince ??= now;
      if (entry.emptySince === undefined) return entry.document.lookAtDisk();
      const isOver = now - entry.emptySince > LINGER_MS && (entry.document.isSaved || entry.document.isMissing);
      return isOver ? this.#letGo(entry) : undefined;
    });
    await Promise.all(looks);
  }

  async #letGo(entry: Entry): Promise<void> {
    if (entry.document.readers > 0 || this.#open.get(entry.identity) !== entry) return;
    const done = this.end(entry).finally(() => this.#closing.delete(entry.identity));
    this.#closing.set(entry.identity, done);
    this.#open.delete(entry.identity);
    await done;
  }
}
