/** What the readers of a document share: its Yjs state under a generation, cursors, and who they are. Of its file it knows nothing. */

import * as Y from "yjs";
import type { DocumentView, SavedState } from "../../../src/protocol/project-documents.ts";
import type { ContentChange } from "../../../src/text/shared-content.ts";
import type { DocumentContent } from "./document-content.ts";
import { newGeneration } from "./document-log.ts";
import type { DocumentReader } from "./document-reader.ts";
import { DocumentReaders } from "./document-readers.ts";
import { applyFrom, encodeFor, refuseTooLarge } from "./reader-updates.ts";
import { type Mover, SharedAwareness } from "./shared-awareness.ts";

/** The origin of Yjs transactions that are not a reader's. */
const FROM_DISK = Symbol("disk");

interface Options<Format> {
  content: DocumentContent<Format>;
  /** Told of each update but those of `merge`; it is given to the other readers next. */
  typed: (update: Uint8Array) => void;
}

/**
 * What is merged from disk is held until `giveOut`: a reader must not have it before it is safe. Each change of the state has a version of
 * its own.
 */
export class SharedDocument<Format> {
  readonly #options: Options<Format>;
  readonly #readers = new DocumentReaders();
  #generation = newGeneration();
  #doc = new Y.Doc();
  #awareness: SharedAwareness;
  #held: Uint8Array[] = [];
  #version = 0;

  constructor(options: Options<Format>) {
    this.#options = options;
    this.#awareness = this.#listen();
  }

  get doc(): Y.Doc {
    return this.#doc;
  }

  get generation(): string {
    return this.#generation;
  }

  get version(): number {
    return this.#version;
  }

  get readers(): number {
    return this.#readers.size;
  }

  get content(): string {
    return this.#options.content.contentOf(this.#doc);
  }

  get length(): number {
    return this.#options.content.lengthOf(this.#doc);
  }

  /** Is anybody a reader but this one? */
  isShared(id: string): boolean {
    return this.readers > (this.#readers.has(id) ? 1 : 0);
  }

  /** What somebody with this state lacks, and what we have. */
  viewFor(before: {
    generation?: string | undefined;
    vector?: Uint8Array | undefined;
  }): Pick<DocumentView, "generation" | "update" | "vector"> {
    const vector = before.generation === this.#generation ? before.vector : undefined;
    return {
      generation: this.#generation,
      update: encodeFor(this.#doc, vector),
      vector: Y.encodeStateVector(this.#doc),
    };
  }

  /** Adds a reader; after the answer to the request that led here it is told what there is. */
  join(id: string, reader: DocumentReader, state: () => SavedState): void {
    this.#readers.add(id, reader);
    setImmediate(() => {
      const awareness = this.#awareness.current();
      if (awareness !== undefined) reader.awareness(awareness);
      reader.state(state());
    });
  }

  leave(id: string): void {
    this.#readers.remove(id);
    this.#awareness.leave(id);
  }

  /** @throws AppError for what is no update, or too much. */
  type(id: string, update: Uint8Array): void {
    const { limit } = this.#options.content;
    refuseTooLarge(this.length, update, limit);
    applyFrom(this.#doc, update, { reader: id, mostPending: limit.bytes });
  }

  moveCursor(id: string, update: Uint8Array, mover: Mover): void {
    this.#awareness.apply(id, update, mover);
  }

  tell(state: SavedState): void {
    this.#readers.state(state);
  }

  /** Brings a change from disk in, and returns it as an update, empty where it changes nothing. */
  merge(change: ContentChange): Uint8Array {
    const before = this.#held.length;
    this.#options.content.merge(this.#doc, change, FROM_DISK);
    return this.#held[before] ?? new Uint8Array(); // one transaction, one update
  }

  /** Gives the readers what was merged. */
  giveOut(): void {
    for (const update of this.#held.splice(0)) this.#readers.update(update, this.#generation, FROM_DISK);
  }

  /** Takes another state, or an empty one, that readers know nothing of. */
  adopt(doc = new Y.Doc(), generation = newGeneration()): void {
    this.#awareness.destroy();
    this.#doc.destroy();
    this.#doc = doc;
    this.#generation = generation;
    this.#held = [];
    this.#awareness = this.#listen();
  }

  /** Names what nobody has open yet anew. */
  rename(): void {
    this.#generation = newGeneration();
  }

  /** The same content without its history; readers are told to open it again. */
  beginAnew(): void {
    const { content } = this;
    this.adopt();
    this.merge({ base: "", theirs: content });
    this.#held = [];
    this.#readers.reset(this.#generation);
  }

  destroy(): void {
    this.#awareness.destroy();
    this.#doc.destroy();
  }

  #listen(): SharedAwareness {
    const doc = this.#doc;
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      this.#version++;
      if (origin === FROM_DISK) return void this.#held.push(update);
      this.#options.typed(update);
      this.#readers.update(update, this.#generation, origin);
    });
    return new SharedAwareness(doc, (update, from) => this.#readers.awareness(update, from));
  }
}
