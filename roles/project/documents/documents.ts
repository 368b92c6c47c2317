/** All open documents: opened once however they are called, watched for changes on disk, let go some time after the last reader. */

import { type FSWatcher, watch } from "node:fs";
import { dirname } from "node:path";
import { every } from "../../../src/core/clock.ts";
import { AppError, conflict } from "../../../src/core/errors.ts";
import type { Life } from "../../../src/core/life.ts";
import type { Logger } from "../../../src/core/log.ts";
import { localPath } from "../../../src/files/local-path.ts";
import { type Places, parsePath } from "../../../src/files/places.ts";
import { type Move, movedPath } from "../../../src/protocol/moved-path.ts";
import type { DocumentView } from "../../../src/protocol/project-documents.ts";
import { Document } from "./document.ts";
import type { DocumentReader } from "./document-reader.ts";
import { DocumentStore } from "./document-store.ts";
import { isWithin, Moves } from "./moves.ts";
import type { Identity } from "./shared-awareness.ts";
import { TextFile } from "./text-file.ts";

const MAX_DOCUMENTS = 300;
const MAX_LENGTH_TOGETHER = 200_000_000;
/** A document that nobody has open stays in memory for this long: a reload finds it there. */
const LINGER_MS = 30_000;
/** Shared storage tells nobody of another machine's writes. */
const LOOK_EVERY_MS = 2_000;
/** A change on disk is looked at after this long: programs write several times. */
const GATHER_MS = 40;

interface Entry {
  identity: string;
  document: Document;
  watcher: FSWatcher | undefined;
  lookTimer?: NodeJS.Timeout | undefined;
  emptySince: number | undefined;
}

/** Somebody who has a document open; the path by which they know it changes when the file is moved. */
export interface Called {
  id: string;
  events: DocumentReader;
  called: { path: string };
}

interface Joined extends Called {
  entry: Entry;
}

interface Options {
  places: Places;
  log: Logger;
  /** Tells everybody that files were moved. */
  moved: (move: Move) => void;
}

export class Documents {
  readonly #options: Options;
  readonly #life: Life;
  readonly #store: DocumentStore;
  /** By identity; a promise, so that two who open at once get the same. */
  readonly #open = new Map<string, Promise<Entry>>();
  /** Being let go: whoever wants one of these waits. */
  readonly #closing = new Map<string, Promise<void>>();
  /** By reader, then by what it calls its documents. */
  readonly #byReader = new Map<string, Map<string, Joined>>();
  readonly #moves = new Moves();

  constructor(life: Life, options: Options) {
    this.#options = options;
    this.#life = life;
    this.#store = new DocumentStore(options.places.home);
    life.onDrain("documents", () => this.saveAll());
    life.defer("documents", () => this.#closeAll());
    life.run("documents", (signal) => every(LOOK_EVERY_MS, signal, () => this.#tend()));
  }

  /** Saves what a server that ended without closing left behind. */
  async recover(): Promise<void> {
    for (const path of await this.#store.leftOpen()) {
      if (this.#life.isStopping) return;
      await this.#entryOf(path).catch((error: unknown) =>
        this.#options.log.warn({ err: error }, "a document that was open could not be recovered"),
      );
    }
  }

  /** Joins a reader to the document of a path. @throws AppError when it cannot be edited. */
  async open(
    reader: Called,
    wanted: { path: string; generation?: string | undefined; vector?: Uint8Array | undefined },
  ): Promise<DocumentView> {
    const { generation, vector } = wanted;
    for (;;) {
      await this.#untilMoved(wanted.path); // else it would be looked for where it is no more
      const path = await this.#pathNow(wanted.path, generation);
      const entry = await this.#entryOf(path);
      const key = readerKey(reader.id, path);
      const view = await entry.document.attach(key, reader.events, { generation, vector });
      if (view === undefined) continue; // let go this instant
      // looked at last: of those that are sent at once, each counts
      if (this.#hasTooMany(reader.id, path)) {
        entry.document.detach(key);
        throw new AppError("rate_limited", `This page has ${MAX_DOCUMENTS} documents open already; close some first.`);
      }
      reader.called.path = path;
      this.#joinedBy(reader.id).set(path, { ...reader, entry });
      return path === wanted.path ? view : { ...view, path };
    }
  }

  update(readerId: string, path: string, { generation, update }: { generation: string; update: Uint8Array }): void {
    this.#of(readerId, path).entry.document.update(readerKey(readerId, path), generation, update);
  }

  awareness(readerId: string, path: string, { update, identity }: { update: Uint8Array; identity: Identity }): void {
    this.#of(readerId, path).entry.document.awareness(readerKey(readerId, path), update, identity);
  }

  save(readerId: string, path: string): Promise<{ etag: string }> {
    return this.#of(readerId, path).entry.document.save({ create: true });
  }

  close(readerId: string, path: string): void {
    const joined = this.#joinedBy(readerId);
    joined.get(path)?.entry.document.detach(readerKey(readerId, path));
    joined.delete(path);
    if (joined.size === 0) this.#byReader.delete(readerId);
  }

  /** A reader went away. */
  closeAllOf(readerId: string): void {
    for (const path of [...(this.#byReader.get(readerId)?.keys() ?? [])]) this.close(readerId, path);
    this.#byReader.delete(readerId);
  }

  /** The readers that have the file of this path open, by whatever name. */
  async readersOf(path: string): Promise<string[]> {
    const identity = await this.#identityOf(path);
    const readers = [...this.#byReader].filter(([, joined]) =>
      [...joined.values()].some(({ entry }) => entry.identity === identity),
    );
    return readers.map(([id]) => id);
  }

  /** Brings everything to disk; what cannot be saved is told to its readers and stays in its log. */
  async saveAll(): Promise<void> {
    await Promise.all((await this.#entries()).map(({ document }) => document.save().catch(() => {})));
  }

  /**
   * Runs an act that moves a file or folder. What is open of it is saved and closed before, and its readers open it where it is then: so
   * nothing is written under the old name. The log, and with it the generation, goes along.
   */
  async move<T>(wire: Move, act: () => Promise<T>): Promise<T> {
    const move = { from: this.#canonical(wire.from), to: this.#canonical(wire.to) };
    const names = [...(await this.#namesOf(move.from)), ...(await this.#namesOf(move.to))];
    return this.#moves.run(names, async () => {
      const entries = (await this.#entries()).filter(({ identity, document }) =>
        names.some((name) => isWithin(identity, name) || isWithin(document.file.name, name)),
      );
      for (const { identity } of entries) this.#open.delete(identity);
      let moved: Move | undefined;
      try {
        await Promise.all(entries.map((entry) => this.#end(entry)));
        const from = await this.#identityOf(move.from);
        const result = await act();
        moved = move;
        const to = await this.#identityOf(move.to);
        if (from !== undefined && to !== undefined) await this.#takeLogs(entries, { from, to });
        return result;
      } finally {
        if (moved !== undefined) this.#options.moved(moved);
        this.#sendAgain(entries, moved);
      }
    });
  }

  /** The names of a path: as it is written, and as it really is, where that can be told. */
  async #namesOf(path: string): Promise<string[]> {
    const file = this.#file(path);
    const identity = await this.#identityOf(path);
    return identity === undefined ? [file.name] : [file.name, identity];
  }

  /** Undefined for what is nothing that a document could stand for, such as a link that leads out. */
  #identityOf(path: string): Promise<string | undefined> {
    return this.#file(path)
      .identity()
      .catch(() => undefined);
  }

  async #takeLogs(entries: readonly Entry[], move: Move): Promise<void> {
    for (const { identity } of entries) {
      const to = movedPath(identity, move);
      if (to !== undefined) await this.#store.move(identity, to);
    }
  }

  /** Readers of documents that were closed for a move open them again, under the new path. */
  #sendAgain(entries: readonly Entry[], moved: Move | undefined): void {
    for (const joined of this.#byReader.values()) {
      for (const [path, { entry, called, events }] of joined) {
        if (!entries.includes(entry)) continue;
        joined.delete(path);
        called.path = (moved && movedPath(this.#canonical(called.path), moved)) ?? called.path;
        events.reset(entry.document.generation);
      }
    }
    if (moved === undefined) return;
    for (const { document } of entries) {
      const to = movedPath(document.file.name, moved);
      if (to !== undefined) this.#moves.remember(document.generation, to);
    }
  }

  /** Who was away while a file was moved still asks for its old path. */
  async #pathNow(path: string, generation: string | undefined): Promise<string> {
    const place = this.#moves.placeOf(generation);
    if (place === undefined || (await this.#file(path).etag()) !== undefined) return path;
    return place;
  }

  async #untilMoved(path: string): Promise<void> {
    const names = await this.#namesOf(path);
    for (let move = this.#moves.over(names); move !== undefined; move = this.#moves.over(names)) await move;
  }

  #file(path: string): TextFile {
    return new TextFile(this.#options.places, parsePath(this.#options.places, path));
  }

  #canonical(path: string): string {
    return this.#file(path).name;
  }

  #of(readerId: string, path: string): Joined {
    const joined = this.#byReader.get(readerId)?.get(path);
    if (joined === undefined) throw conflict("Open this document first.");
    return joined;
  }

  #joinedBy(readerId: string): Map<string, Joined> {
    const joined = this.#byReader.get(readerId) ?? new Map<string, Joined>();
    this.#byReader.set(readerId, joined);
    return joined;
  }

  /** One file has any number of names: `a`, `./a` and so on. */
  #hasTooMany(readerId: string, path: string): boolean {
    const joined = this.#byReader.get(readerId);
    return joined !== undefined && !joined.has(path) && joined.size >= MAX_DOCUMENTS;
  }

  async #entryOf(path: string): Promise<Entry> {
    if (this.#life.isStopping) throw new AppError("unavailable", "The project is stopping.");
    const file = this.#file(path);
    const identity = await file.identity();
    const busy = () => this.#closing.get(identity) ?? this.#moves.over([file.name, identity]);
    const before = busy();
    if (before !== undefined) return before.then(() => this.#entryOf(path));
    const known = this.#open.get(identity);
    if (known !== undefined) return known;
    const together = await this.#lengthTogether();
    if (this.#open.has(identity) || busy() !== undefined) return this.#entryOf(path);
    if (this.#open.size >= MAX_DOCUMENTS || together >= MAX_LENGTH_TOGETHER)
      throw new AppError("rate_limited", "This project has too many documents open; close some first.");
    const opening = this.#load(file, identity);
    this.#open.set(identity, opening);
    opening.catch(() => this.#open.delete(identity));
    return opening;
  }

  async #lengthTogether(): Promise<number> {
    return (await this.#entries()).reduce((sum, { document }) => sum + document.length, 0);
  }

  async #load(file: TextFile, identity: string): Promise<Entry> {
    const document = await Document.open({ file, identity, store: this.#store, signal: this.#life.signal });
    const entry: Entry = { identity, document, watcher: undefined, emptySince: Date.now() };
    entry.watcher = this.#watch(entry);
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
    const looks = (await this.#entries()).map((entry) => {
      if (entry.document.readers > 0) entry.emptySince = undefined;
      else entry.emptySince ??= now;
      if (entry.emptySince === undefined) return entry.document.lookAtDisk();
      const isOver = now - entry.emptySince > LINGER_MS && (entry.document.isSaved || entry.document.isGone);
      return isOver ? this.#letGo(entry) : undefined;
    });
    await Promise.all(looks);
  }

  async #letGo(entry: Entry): Promise<void> {
    if (entry.document.readers > 0) return;
    const done = this.#end(entry).finally(() => this.#closing.delete(entry.identity));
    this.#closing.set(entry.identity, done);
    this.#open.delete(entry.identity);
    await done;
  }

  async #end(entry: Entry): Promise<void> {
    clearTimeout(entry.lookTimer);
    entry.watcher?.close();
    await entry.document.close();
  }

  async #entries(): Promise<Entry[]> {
    const settled = await Promise.allSettled(this.#open.values());
    return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }

  async #closeAll(): Promise<void> {
    await Promise.all((await this.#entries()).map((entry) => this.#end(entry)));
    this.#open.clear();
    this.#byReader.clear();
  }
}

function readerKey(readerId: string, path: string): string {
  return `${readerId}\0${path}`;
}
