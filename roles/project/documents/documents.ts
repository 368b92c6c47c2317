/** Who has which document open: asking, leaving, what readers send, and files that are moved under them. */

import { AppError, conflict } from "../../../src/core/errors.ts";
import type { Life } from "../../../src/core/life.ts";
import type { Logger } from "../../../src/core/log.ts";
import { type Places, parsePath } from "../../../src/files/places.ts";
import type { TextEncoding } from "../../../src/protocol/document-text.ts";
import { type Move, movedPath } from "../../../src/protocol/moved-path.ts";
import type { DocumentView } from "../../../src/protocol/project-documents.ts";
import type { DocumentContent } from "./document-content.ts";
import { DocumentFile } from "./document-file.ts";
import type { DocumentReader } from "./document-reader.ts";
import { DocumentStore } from "./document-store.ts";
import { DocumentTable, type Entry, MAX_DOCUMENTS } from "./document-table.ts";
import { isWithin, Moves } from "./moves.ts";
import type { Mover } from "./shared-awareness.ts";

/** Somebody who has a document open; the path by which they know it changes when the file is moved. */
export interface Called {
  id: string;
  events: DocumentReader;
  called: { path: string };
}

interface Joined extends Called {
  entry: Entry;
}

interface Wanted {
  path: string;
  /** May the reader change files? Else neither what others see of the file nor their room for others is up to the reader. */
  mayWrite: boolean;
  /** In which it is opened, unless others have it open, or the reader may change nothing. */
  encoding?: TextEncoding | undefined;
  /** What the reader has of it from before. */
  generation?: string | undefined;
  vector?: Uint8Array | undefined;
}

/** Somebody who asked for a document and was not answered yet. */
interface Asking {
  readerId: string;
  path: string;
  isWanted: boolean;
}

interface Options {
  places: Places;
  /** The folder that logs of documents are kept in: the home, but in rescue mode. */
  own?: string;
  /** What is in all of them. */
  content: DocumentContent<unknown>;
  log: Logger;
  /** Tells everybody that files were moved. */
  moved: (move: Move) => void;
}

export class Documents {
  readonly #options: Options;
  readonly #life: Life;
  readonly #store: DocumentStore;
  readonly #table: DocumentTable;
  /** By reader, then by what it calls its documents. */
  readonly #byReader = new Map<string, Map<string, Joined>>();
  /** Readers who are about to join, until they close what they asked for. */
  readonly #asking = new Set<Asking>();
  readonly #moves = new Moves();

  constructor(life: Life, options: Options) {
    this.#options = options;
    this.#life = life;
    this.#store = new DocumentStore(options.own ?? options.places.home);
    life.onDrain("documents", () => this.saveAll());
    life.defer("documents", async () => {
      await this.#table.closeAll();
      this.#byReader.clear();
    });
    const busy = (names: readonly string[]) => this.#moves.over(names);
    this.#table = new DocumentTable(life, { content: options.content, store: this.#store, busy });
  }

  /** Saves what a server that ended without closing left behind. */
  async recover(): Promise<void> {
    await this.#takeUp(await this.#store.leftOpen());
  }

  /** Opens documents that are to be saved though nobody looks at them. */
  async #takeUp(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      if (this.#life.isStopping) return;
      await this.#table
        .entryOf(this.#file(path), { mayWrite: true })
        .catch((error: unknown) =>
          this.#options.log.warn({ err: error }, "a document that was open could not be recovered"),
        );
    }
  }

  /** Joins a reader to the document of a path. @throws AppError when it cannot be edited. */
  async open(reader: Called, wanted: Wanted): Promise<DocumentView> {
    const asking = { readerId: reader.id, path: wanted.path, isWanted: true };
    this.#asking.add(asking);
    try {
      return await this.#join(reader, wanted, asking);
    } finally {
      this.#asking.delete(asking);
    }
  }

  async #join(
    reader: Called,
    { path: asked, generation, vector, mayWrite, ...wanted }: Wanted,
    asking: Asking,
  ): Promise<DocumentView> {
    const encoding = mayWrite ? wanted.encoding : undefined;
    for (;;) {
      await this.#untilMoved(asked); // else it would be looked for where it is no more
      const path = await this.#pathNow(asked, generation);
      const entry = await this.#table.entryOf(this.#file(path), { encoding, mayWrite });
      const key = readerKey(reader.id, path);
      const admit = () => {
        if (!asking.isWanted) throw conflict("This document was closed while it was being opened.");
        // looked at last: of those that are sent at once, each counts
        if (this.#hasTooMany(reader.id, path))
          throw new AppError(
            "rate_limited",
            `This page has ${MAX_DOCUMENTS} documents open already; close some first.`,
          );
        reader.called.path = path;
        this.#joinedBy(reader.id).set(path, { ...reader, entry });
      };
      const view = await entry.document.attach(key, reader.events, { generation, vector, encoding, admit });
      if (view !== undefined) return path === asked ? view : { ...view, path };
    }
  }

  update(readerId: string, path: string, { generation, update }: { generation: string; update: Uint8Array }): void {
    this.#of(readerId, path).entry.document.update(readerKey(readerId, path), generation, update);
  }

  awareness(readerId: string, path: string, { update, mover }: { update: Uint8Array; mover: Mover }): void {
    this.#of(readerId, path).entry.document.awareness(readerKey(readerId, path), update, mover);
  }

  save(readerId: string, path: string): Promise<{ etag: string }> {
    return this.#of(readerId, path).entry.document.save({ create: true });
  }

  close(readerId: string, path: string): void {
    for (const asking of this.#asking)
      if (asking.readerId === readerId && asking.path === path) asking.isWanted = false;
    const joined = this.#joinedBy(readerId);
    joined.get(path)?.entry.document.detach(readerKey(readerId, path));
    joined.delete(path);
    if (joined.size === 0) this.#byReader.delete(readerId);
  }

  /** A reader went away. */
  closeAllOf(readerId: string): void {
    for (const asking of this.#asking) if (asking.readerId === readerId) asking.isWanted = false;
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
    await Promise.all(this.#table.entries.map(({ document }) => document.save().catch(() => {})));
  }

  /**
   * Runs an act that moves a file or folder. What is open of it is saved and closed before, and its readers open it where it is then: so
   * nothing is written under the old name. The log, and with it the generation, goes along.
   */
  async move<T>(wire: Move, act: () => Promise<T>): Promise<T> {
    const move = { from: this.#canonical(wire.from), to: this.#canonical(wire.to) };
    const names = [...(await this.#namesOf(move.from)), ...(await this.#namesOf(move.to))];
    return this.#moves.run(names, async () => {
      const touches = (own: readonly string[]) => own.some((one) => names.some((name) => isWithin(one, name)));
      const entries = await this.#table.takeOut(touches);
      let moved: Move | undefined;
      try {
        await Promise.all(entries.map((entry) => this.#table.end(entry, { isMoving: true })));
        const from = await this.#identityOf(move.from);
        const result = await act();
        moved = move;
        const to = await this.#identityOf(move.to);
        if (from !== undefined && to !== undefined) await this.#takeLogs(entries, { from, to });
        return result;
      } finally {
        if (moved !== undefined) this.#options.moved(moved);
        this.#sendAgain(entries, moved);
        void this.#takeUp(unsavedOf(entries, moved)); // once the move is over
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

  #file(path: string): DocumentFile {
    const { places, content } = this.#options;
    return new DocumentFile(places, parsePath(places, path), content.limit);
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
}

/** Where those are now that could not be saved before the move: a log is to name its file. */
function unsavedOf(entries: readonly Entry[], moved: Move | undefined): string[] {
  const unsaved = entries.filter(({ document }) => !document.isSaved && !document.isMissing);
  return unsaved.map(({ document: { file } }) => (moved && movedPath(file.name, moved)) ?? file.name);
}

function readerKey(readerId: string, path: string): string {
  return `${readerId}\0${path}`;
}
