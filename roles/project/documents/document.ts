/** One document that people edit together: its Yjs state, the file it stands for, and the log that survives a crash. */

import * as Y from "yjs";
import { AppError, conflict, forbidden, isAppError } from "../../../src/core/errors.ts";
import type { DocumentView } from "../../../src/protocol/project-documents.ts";
import { mergeChanges } from "../../../src/text/text-merge.ts";
import { applyToText, textOf } from "../../../src/text/yjs-text.ts";
import { DocumentLog, newGeneration } from "./document-log.ts";
import { type DocumentReader, type DocumentState, stateOf } from "./document-reader.ts";
import type { DocumentStore } from "./document-store.ts";
import { applyFrom, encodeFor, refuseTooLarge } from "./reader-updates.ts";
import { baseFor, hashOf, replay } from "./replay.ts";
import { SAVE_AFTER_MS, SaveSchedule } from "./save-schedule.ts";
import { type Identity, SharedAwareness } from "./shared-awareness.ts";
import type { FileOnDisk, TextFile } from "./text-file.ts";
import { encodeText, PLAIN_FORMAT, type TextFormat } from "./text-format.ts";
import { encodeMerged, RECORD, readLog } from "./update-log.ts";

interface Options {
  file: TextFile;
  store: DocumentStore;
  identity: string;
  signal: AbortSignal;
}

const RETRY_MS = 5_000;
/** Origins of Yjs transactions that are not a reader's. */
const FROM_DISK = Symbol("disk");

/**
 * Invariants: `#base` is the text on disk as last known, `#etag` its etag. What the log marks as saved was on disk. A change that
 * came from disk is in the log, on the disk, before any reader is given it: else a crash would bring it in twice.
 * Everything that touches the disk runs one after the other in `#exclusive`.
 */
export class Document {
  readonly file: TextFile;
  readonly #store: DocumentStore;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  readonly #log: DocumentLog;
  readonly #readers = new Map<string, DocumentReader>();
  #generation = newGeneration();
  #doc = new Y.Doc();
  #awareness: SharedAwareness;
  #saveProblem: string | undefined;
  #readOnly: string | undefined;
  #base = "";
  #etag: string | undefined;
  /** Was there ever a file? Then its absence is somebody's wish, and only a person brings it back. */
  #wasOnDisk = false;
  #format: TextFormat = PLAIN_FORMAT;
  #savedAt: Date | undefined;
  /** Counts changes of the text; `#savedVersion` is the one on disk. */
  #version = 0;
  #savedVersion = 0;
  readonly #schedule = new SaveSchedule(() => void this.#exclusive(() => this.#save()));
  #chain: Promise<unknown> = Promise.resolve();
  /** Updates from disk that are not yet given out. */
  #held: Uint8Array[] = [];
  #told = "";
  #isClosing = false;
  #isClosed = false;

  private constructor({ file, store, identity, signal }: Options) {
    this.file = file;
    this.#store = store;
    this.#folder = store.folderOf(identity);
    this.#signal = signal;
    this.#awareness = this.#listen();
    this.#log = new DocumentLog({
      folder: this.#folder,
      snapshot: () => ({
        doc: this.#doc,
        generation: this.#generation,
        path: file.name,
        text: this.#text.toString(),
        base: this.#wasOnDisk ? this.#base : undefined,
      }),
      exclusive: (act) => this.#exclusive(act).then(() => this.#tellState()),
      outlived: () => this.#beginAnew(),
    });
  }

  /** Opens it from the file and, if there is one, its log. @throws AppError when the file is no text or too large. */
  static async open(options: Options): Promise<Document> {
    const document = new Document(options);
    try {
      await document.#exclusive(() => document.#load());
      return document;
    } catch (error) {
      document.#letGo();
      throw error;
    }
  }

  get readers(): number {
    return this.#readers.size;
  }

  get length(): number {
    return this.#text.length;
  }

  get isSaved(): boolean {
    return this.#savedVersion === this.#version;
  }

  /** Was its file deleted or moved away? */
  get isGone(): boolean {
    return this.#wasOnDisk && this.#etag === undefined;
  }

  get generation(): string {
    return this.#generation;
  }

  get #text(): Y.Text {
    return textOf(this.#doc);
  }

  /** Joins a reader; undefined when it is closed by now. Waits for what is being merged from disk, which must not be seen before it is in the log. */
  attach(
    id: string,
    reader: DocumentReader,
    has: { generation?: string | undefined; vector?: Uint8Array | undefined },
  ): Promise<DocumentView | undefined> {
    return this.#exclusive(async () => {
      if (this.#isClosed) return undefined;
      await this.#checkDisk();
      const vector = has.generation === this.#generation ? has.vector : undefined;
      const view = {
        generation: this.#generation,
        update: encodeFor(this.#doc, vector),
        vector: Y.encodeStateVector(this.#doc),
        exists: this.#etag !== undefined,
        ...(this.#readOnly === undefined ? {} : { readOnly: this.#readOnly }),
      };
      this.#readers.set(id, reader);
      // after the answer to the request that led here
      setImmediate(() => {
        const awareness = this.#awareness.current();
        if (awareness !== undefined) reader.awareness(awareness);
        reader.state(this.#state());
      });
      return view;
    });
  }

  /** A reader leaves; it is saved at once, since people often leave in order to run what they wrote. */
  detach(id: string): void {
    this.#readers.delete(id);
    this.#awareness.leave(id);
    if (!this.isSaved) this.#schedule.in(0);
  }

  /** An edit of a reader. @throws AppError `conflict` for one of another generation, and when it is being closed. */
  update(id: string, generation: string, update: Uint8Array): void {
    if (generation !== this.#generation || this.#isClosing)
      throw conflict("This document was begun anew; open it again.");
    if (this.#readOnly !== undefined) throw forbidden(this.#readOnly);
    refuseTooLarge(this.length, update);
    applyFrom(this.#doc, update, id);
  }

  awareness(id: string, update: Uint8Array, identity: Identity): void {
    this.#awareness.apply(id, update, identity);
  }

  /** Brings it to disk now. @throws AppError saying why it cannot be saved. */
  async save({ create = false } = {}): Promise<{ etag: string }> {
    return this.#exclusive(async () => {
      if (create && this.#etag === undefined) {
        this.#savedVersion = -1; // an empty one too
        this.#wasOnDisk = false;
      }
      await this.#save();
      if (!this.isSaved)
        throw new AppError("unavailable", this.#saveProblem ?? this.#readOnly ?? "It could not be saved.");
      return { etag: this.#etag ?? "" };
    });
  }

  /** Looks whether the file was changed by somebody else, and merges that in. */
  lookAtDisk(): Promise<void> {
    return this.#exclusive(() => this.#checkDisk());
  }

  /** Saves and lets go. What cannot be saved stays in the log. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#exclusive(async () => {
      if (this.#isClosed) return;
      await this.#save();
      await this.#log.close();
      if (this.isSaved || this.isGone) await this.#store.markClosed(this.#folder);
      this.#letGo();
    });
  }

  #letGo(): void {
    this.#isClosed = true;
    this.#schedule.end();
    this.#awareness.destroy();
    this.#doc.destroy();
  }

  // ── opening ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async #load(): Promise<void> {
    await this.file.removeLeftover();
    const disk = await this.file.readStill({ before: this.#base, signal: this.#signal });
    const log = await readLog(this.#folder);
    const replayed = log === undefined ? undefined : replay(log.records);
    this.#readOnly = await this.file.readOnlyBecause();
    const text = replayed && textOf(replayed.doc).toString();
    const wasSaved = replayed !== undefined && (replayed.saved ?? "") === text;
    const isDeleted = disk === undefined && wasSaved; // deleted since: whoever opens it begins a new file
    if (log === undefined || replayed === undefined || text === undefined || isDeleted) {
      replayed?.doc.destroy();
      this.#begin(disk);
    } else {
      this.#adopt(replayed.doc, log.head.generation);
      this.#wasOnDisk = replayed.saved !== undefined;
      this.#base = disk === undefined ? "" : baseFor(replayed, disk.text);
      this.#takeFromDisk(disk);
      this.#savedVersion = 0;
      this.#version = this.#text.toString() === this.#base && disk !== undefined ? 0 : 1;
      if (this.#version > 0) this.#schedule.in(0);
    }
    await this.#log.begin();
    if (!this.#log.isKept) this.#generation = newGeneration(); // the one in an old log must not come to mean two states
    this.#held = []; // nobody had it open yet
    await this.#store.markOpen(this.#folder);
  }

  /** A new generation with the text of the file. */
  #begin(disk: FileOnDisk | undefined): void {
    this.#adopt(new Y.Doc(), newGeneration());
    this.#base = "";
    if (disk !== undefined) applyToText(this.#doc, [{ at: 0, remove: 0, insert: disk.text }], FROM_DISK);
    this.#note(disk);
    this.#version = 0;
    this.#savedVersion = 0;
  }

  #adopt(doc: Y.Doc, generation: string): void {
    this.#awareness.destroy();
    this.#doc.destroy();
    this.#doc = doc;
    this.#generation = generation;
    this.#awareness = this.#listen();
  }

  #listen(): SharedAwareness {
    const doc = this.#doc;
    doc.on("update", (update: Uint8Array, origin: unknown) => this.#onUpdate(update, origin));
    return new SharedAwareness(doc, (update, from) => {
      for (const [id, reader] of this.#readers) if (id !== from) reader.awareness(update);
    });
  }

  // ── edits ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #onUpdate(update: Uint8Array, origin: unknown): void {
    this.#version++;
    if (origin === FROM_DISK) return void this.#held.push(update); // given out when it is safe
    this.#log.append(RECORD.update, update);
    for (const [id, reader] of this.#readers) if (id !== origin) reader.update(update, this.#generation);
    this.#schedule.typed();
    this.#tellState();
  }

  // ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Never throws: what is wrong is told to the readers, and tried again. */
  async #save(): Promise<void> {
    for (let tries = 0; tries < 5 && !this.isSaved && !this.isGone && !this.#isClosed; tries++) {
      try {
        await this.#write();
        this.#saveProblem = undefined;
      } catch (error) {
        if (isAppError(error, "precondition_failed")) await this.#checkDisk();
        else this.#saveProblem = this.file.problemOf(error);
        if (this.#saveProblem !== undefined) break;
      }
    }
    if (!this.isSaved && !this.isGone) this.#schedule.in(this.#saveProblem === undefined ? SAVE_AFTER_MS : RETRY_MS);
    if (!this.#isClosed) await this.#tend();
    this.#tellState();
  }

  /** Keeps the log and the state in bounds, and tries again where there is no log. */
  async #tend(): Promise<void> {
    await this.#log.tend();
    if (!this.#log.isBloated) return;
    this.#beginAnew();
    await this.#log.begin();
  }

  async #write(): Promise<void> {
    const version = this.#version;
    const text = this.#text.toString();
    if (text !== this.#base || this.#etag === undefined) {
      this.#log.append(RECORD.saving, Buffer.from(hashOf(text), "hex"));
      await this.#log.sync();
      const { bytes, format } = encodeText(text, this.#format);
      this.#etag = await this.file.write(bytes, this.#etag);
      this.#wasOnDisk = true;
      this.#format = format;
      this.#base = text;
      this.#log.append(RECORD.saved);
      this.#savedAt = new Date();
    }
    this.#savedVersion = version;
    this.#schedule.saved({ more: !this.isSaved });
  }

  async #checkDisk(): Promise<void> {
    if (this.#isClosed) return;
    try {
      const etag = await this.file.etag();
      if (etag === this.#etag) return;
      const disk =
        etag === undefined ? undefined : await this.file.readStill({ before: this.#base, signal: this.#signal });
      this.#readOnly = await this.file.readOnlyBecause();
      this.#takeFromDisk(disk);
      this.#saveProblem = undefined;
      await this.#log.sync();
      const held = this.#held.splice(0);
      for (const update of held) for (const reader of this.#readers.values()) reader.update(update, this.#generation);
    } catch (error) {
      this.#saveProblem = this.file.problemOf(error);
    }
    this.#tellState();
  }

  /** Merges what is on disk now into the text: by difference from what was there before. */
  #takeFromDisk(disk: FileOnDisk | undefined): void {
    const wasSaved = this.isSaved;
    if (disk !== undefined) {
      const before = this.#held.length;
      applyToText(this.#doc, mergeChanges(this.#base, this.#text.toString(), disk.text), FROM_DISK);
      this.#log.append(RECORD.merged, encodeMerged(this.#held[before] ?? new Uint8Array(), disk.text)); // one transaction, one update
    }
    this.#note(disk);
    if (disk === undefined) return;
    if (this.#text.toString() === disk.text) this.#savedVersion = this.#version;
    else if (wasSaved) this.#schedule.in(SAVE_AFTER_MS);
  }

  #note(disk: FileOnDisk | undefined): void {
    this.#etag = disk?.etag;
    if (disk === undefined) return;
    this.#wasOnDisk = true;
    this.#base = disk.text;
    this.#format = disk.format;
  }

  // ── beginning anew ──────────────────────────────────────────────────────────────────────────────────────────────

  /** The same text under a new generation, without its history. */
  #beginAnew(): void {
    const text = this.#text.toString();
    const isSaved = this.isSaved;
    this.#log.leave();
    this.#adopt(new Y.Doc(), newGeneration());
    this.#text.insert(0, text);
    this.#held = [];
    if (isSaved) this.#savedVersion = this.#version;
    for (const reader of this.#readers.values()) reader.reset(this.#generation);
  }

  // ── telling ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #state(): DocumentState {
    return stateOf({
      saved: this.isSaved,
      savedAt: this.#savedAt,
      readOnly: this.#readOnly,
      saveProblem: this.#saveProblem,
      logProblem: this.#log.problem,
      isGone: this.isGone,
    });
  }

  #tellState(): void {
    const state = this.#state();
    const told = JSON.stringify(state);
    if (told === this.#told) return;
    this.#told = told;
    for (const reader of this.#readers.values()) reader.state(state);
  }

  #exclusive<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#chain.then(act);
    this.#chain = done.catch(() => {}); // told to whoever asked for it
    return done;
  }
}
