/** One document that people edit together: ties what its readers share to the file that it stands for, and to the log that survives a crash. */

import { AppError, conflict, forbidden, isAppError } from "../../../src/core/errors.ts";
import type { TextEncoding } from "../../../src/protocol/document-text.ts";
import type { DocumentView, SavedState } from "../../../src/protocol/project-documents.ts";
import { DiskCopy, type OnDisk } from "./disk-copy.ts";
import type { DocumentContent } from "./document-content.ts";
import type { DocumentFile } from "./document-file.ts";
import { DocumentLog } from "./document-log.ts";
import { type DocumentReader, type Joining, stateOf } from "./document-reader.ts";
import type { DocumentStore } from "./document-store.ts";
import { baseFor, hashOf, type Replayed, replay } from "./replay.ts";
import { type SavePace, SaveSchedule } from "./save-schedule.ts";
import type { Mover } from "./shared-awareness.ts";
import { SharedDocument } from "./shared-document.ts";
import { encodeMerged, RECORD, readLog } from "./update-log.ts";

export interface DocumentOptions<Format = unknown> {
  file: DocumentFile;
  content: DocumentContent<Format>;
  store: DocumentStore;
  identity: string;
  /** In which it is opened where its bytes do not tell by themselves what they are: somebody wants it so. */
  encoding?: TextEncoding | undefined;
  signal: AbortSignal;
  pace?: SavePace;
}

const RETRY_MS = 5_000;
/** No version of a shared state. */
const UNSAVED = -1;

/**
 * Invariants: `#disk` is what is on disk as last known. What the log marks as saved was on disk. A change that came from disk is in the
 * log, on the disk, before any reader is given it: else a crash would bring it in twice. A file that is not there is made only when a
 * person saves. Everything that touches the disk runs one after the other in `#exclusive`.
 */
export class Document<Format = unknown> {
  readonly file: DocumentFile;
  readonly #options: DocumentOptions<Format>;
  readonly #folder: string;
  readonly #shared: SharedDocument<Format>;
  readonly #log: DocumentLog;
  #disk: DiskCopy<Format>;
  #saveProblem: string | undefined;
  /** Does a person want the file that is not there? */
  #mayCreate = false;
  /** The version of the shared state that is on disk. */
  #savedVersion = 0;
  readonly #schedule: SaveSchedule;
  #chain: Promise<unknown> = Promise.resolve();
  #isClosing = false;
  #isClosed = false;

  private constructor(options: DocumentOptions<Format>) {
    this.file = options.file;
    this.#options = options;
    this.#folder = options.store.folderOf(options.identity);
    this.#disk = this.#newCopy(options.encoding);
    this.#schedule = new SaveSchedule(() => void this.#exclusive(() => this.#save()), options.pace);
    this.#shared = new SharedDocument({ content: options.content, typed: (update) => this.#onTyped(update) });
    this.#log = new DocumentLog({
      folder: this.#folder,
      limit: options.content.limit.bytes,
      snapshot: () => ({
        doc: this.#shared.doc,
        generation: this.#shared.generation,
        path: this.file.name,
        encoding: this.#disk.encoding,
        content: this.#shared.content,
        base: this.#disk.wasThere ? this.#disk.base : undefined,
      }),
      exclusive: (act) => this.#exclusive(act).then(() => this.#tellState()),
      outlived: () => this.#beginAnew(),
    });
  }

  /** Opens it from the file and, if there is one, its log. @throws AppError when the file is of another kind or too large. */
  static async open<Format>(options: DocumentOptions<Format>): Promise<Document<Format>> {
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
    return this.#shared.readers;
  }

  get length(): number {
    return this.#shared.length;
  }

  get isSaved(): boolean {
    return this.#savedVersion === this.#shared.version && this.#disk.unfinished === undefined;
  }

  /** Is there no file, and nobody who wants one? */
  get isMissing(): boolean {
    return this.#disk.etag === undefined && !this.#mayCreate;
  }

  get generation(): string {
    return this.#shared.generation;
  }

  #newCopy(encoding: TextEncoding | undefined): DiskCopy<Format> {
    const { file, content, signal } = this.#options;
    return new DiskCopy({ file, content, folder: this.#folder, encoding, signal });
  }

  /** Joins a reader; undefined when it is closed by now. Waits for what is being merged from disk, which must not be seen before it is in the log. */
  attach(
    id: string,
    reader: DocumentReader,
    { generation, vector, encoding, admit }: Joining,
  ): Promise<DocumentView | undefined> {
    return this.#exclusive(async () => {
      if (this.#isClosed) return undefined;
      await this.#checkDisk();
      const isOther = encoding !== undefined && encoding !== this.#disk.encoding;
      if (isOther && !this.#shared.isShared(id)) await this.#readAs(encoding);
      const { readOnly, etag, encoding: now } = this.#disk;
      const view = {
        ...this.#shared.viewFor({ generation, vector }),
        exists: etag !== undefined,
        ...(readOnly === undefined ? {} : { readOnly }),
        ...(now === undefined ? {} : { encoding: now }),
      };
      if (this.#isClosing) return undefined; // since this began to look
      admit();
      this.#shared.join(id, reader, () => this.#state());
      return view;
    });
  }

  /** A reader leaves; it is saved at once, since people often leave in order to run what they wrote. */
  detach(id: string): void {
    this.#shared.leave(id);
    if (!this.isSaved) this.#schedule.in(0);
  }

  /** An edit of a reader. @throws AppError `conflict` for one of another generation, and when it is being closed. */
  update(id: string, generation: string, update: Uint8Array): void {
    if (generation !== this.#shared.generation || this.#isClosing)
      throw conflict("This document was begun anew; open it again.");
    if (this.#disk.readOnly !== undefined) throw forbidden(this.#disk.readOnly);
    this.#shared.type(id, update);
  }

  awareness(id: string, update: Uint8Array, mover: Mover): void {
    this.#shared.moveCursor(id, update, mover);
  }

  /** Brings it to disk now. @throws AppError saying why it cannot be saved. */
  async save({ create = false } = {}): Promise<{ etag: string }> {
    return this.#exclusive(async () => {
      if (create && this.#disk.etag === undefined) {
        this.#savedVersion = UNSAVED; // an empty one too
        this.#mayCreate = true;
      }
      await this.#save();
      if (!this.isSaved)
        throw new AppError("unavailable", this.#saveProblem ?? this.#disk.readOnly ?? "It could not be saved.");
      return { etag: this.#disk.etag ?? "" };
    });
  }

  /** Looks whether the file was changed by somebody else, and merges that in. */
  lookAtDisk(): Promise<void> {
    return this.#exclusive(() => this.#checkDisk());
  }

  /** Saves and lets go. What cannot be saved stays in the log, and so does all of what is about to be opened where its file is then. */
  async close({ isMoving = false } = {}): Promise<void> {
    this.#isClosing = true;
    await this.#exclusive(async () => {
      if (this.#isClosed) return;
      await this.#save();
      await this.#log.close();
      if (this.#isOnlyRead && !isMoving) await this.#leaveOnlyRead();
      else if (this.isSaved || this.isMissing) await this.#options.store.markClosed(this.#folder);
      this.#letGo();
    });
  }

  /** Does the log tell nothing that the file does not? */
  get #isOnlyRead(): boolean {
    const { etag, encoding } = this.#disk;
    const isInFile = this.isSaved && (etag !== undefined || this.length === 0);
    return isInFile && encoding === undefined && !this.#log.isEdited;
  }

  /** No log stays; but for readers who come back when the server does, which opens what is not marked as closed and sees who came. */
  async #leaveOnlyRead(): Promise<void> {
    if (this.readers === 0) await this.#options.store.remove(this.#folder);
  }

  #letGo(): void {
    this.#isClosed = true;
    this.#schedule.end();
    this.#shared.destroy();
  }

  // ── opening ─────────────────────────────────────────────────────────────────────────────────────────────────────

  async #load(): Promise<void> {
    const log = await readLog(this.#folder);
    const { contentOf } = this.#options.content;
    const replayed = log === undefined ? undefined : replay(log.records, contentOf);
    const content = replayed && contentOf(replayed.doc);
    const wasSaved = replayed !== undefined && (replayed.saved ?? "") === content;
    const [kept, wanted] = [log?.head.encoding, this.#options.encoding];
    const encoding = wasSaved ? (wanted ?? kept) : (kept ?? wanted);
    this.#disk = this.#newCopy(encoding);
    const disk = await this.#disk.read((read) => encoding === kept && replayed?.written.has(hashOf(read)) === true);
    const isReadAnew = wasSaved && encoding !== kept && disk?.encoding === encoding;
    const isDeleted = disk === undefined && wasSaved; // deleted since: whoever opens it begins a new file
    if (log === undefined || replayed === undefined || content === undefined || isDeleted || isReadAnew) {
      replayed?.doc.destroy();
      this.#begin(disk);
    } else {
      this.#log.follow(log);
      this.#goOn(replayed, disk, log.head.generation);
    }
    await this.#log.begin();
    if (!this.#log.isKept) this.#shared.rename(); // the one in an old log must not come to mean two states
    this.#shared.giveOut(); // to nobody yet
    await this.#options.store.markOpen(this.#folder);
  }

  /** A new generation with the content of the file. */
  #begin(disk: OnDisk<Format> | undefined): void {
    this.#shared.adopt();
    this.#disk.base = "";
    if (disk !== undefined) this.#shared.merge({ base: "", theirs: disk.content });
    this.#disk.note(disk);
    this.#savedVersion = this.#shared.version;
  }

  /** The state that the log knows, with what happened to the file since. */
  #goOn(replayed: Replayed, disk: OnDisk<Format> | undefined, generation: string): void {
    this.#shared.adopt(replayed.doc, generation);
    this.#disk.wasThere = replayed.saved !== undefined;
    this.#disk.base = disk === undefined ? "" : baseFor(replayed, disk.content);
    this.#takeFromDisk(disk);
    this.#mayCreate = disk === undefined && !this.#disk.wasThere && this.#shared.content !== ""; // it was about to be made
    const isOnDisk = disk !== undefined && this.#shared.content === this.#disk.base;
    this.#savedVersion = isOnDisk ? this.#shared.version : UNSAVED;
    if (!isOnDisk) this.#schedule.in(0);
  }

  /** Reads the file in another encoding, where it does not tell by itself what it is, once all is saved. */
  async #readAs(encoding: TextEncoding): Promise<void> {
    await this.#save();
    if (!this.isSaved || this.isMissing) return;
    const copy = this.#newCopy(encoding);
    const disk = await copy.read().catch(() => undefined); // it cannot be read so: it stays as it is
    if (disk?.encoding !== encoding) return;
    this.#log.leave();
    this.#disk = copy;
    this.#begin(disk);
    await this.#log.begin();
    this.#shared.giveOut(); // of another generation: who reads it opens it just now
    this.#tellState();
  }

  // ── edits ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #onTyped(update: Uint8Array): void {
    this.#log.append(RECORD.update, update);
    this.#schedule.typed();
    this.#tellState();
  }

  // ── the file ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Never throws: what is wrong is told to the readers, and tried again. */
  async #save(): Promise<void> {
    for (let tries = 0; tries < 5 && !this.isSaved && !this.isMissing && !this.#isClosed; tries++) {
      try {
        await this.#write();
        this.#saveProblem = undefined;
      } catch (error) {
        if (isAppError(error, "precondition_failed")) await this.#checkDisk();
        else this.#saveProblem = this.file.problemOf(error);
        if (this.#saveProblem !== undefined) break;
      }
    }
    const isWaiting = !this.isSaved && !this.isMissing;
    if (isWaiting && this.#saveProblem === undefined) this.#schedule.soon();
    else if (isWaiting) this.#schedule.in(RETRY_MS);
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
    if (this.#disk.learnsEncoding(this.#shared.content)) await this.#log.begin(); // which tells it to whoever opens it again
    const { version, content } = this.#shared;
    if (content !== this.#disk.base || this.#disk.etag === undefined || this.#disk.unfinished !== undefined) {
      const begins = () => {
        this.#log.append(RECORD.saving, Buffer.from(hashOf(content), "hex"));
        return this.#log.sync();
      };
      await this.#disk.write(content, { begins });
      this.#mayCreate = false;
      this.#log.append(RECORD.saved);
    }
    this.#savedVersion = version;
    this.#schedule.saved({ more: !this.isSaved });
  }

  async #checkDisk(): Promise<void> {
    if (this.#isClosed) return;
    try {
      if (await this.#disk.isAsKnown()) return;
      const [before, disk] = [this.#disk.base, await this.#disk.read()];
      this.#takeFromDisk(disk);
      // one that was only touched, as by a write that failed, tells nothing of why it could not be saved
      if (disk?.content !== before || this.isSaved) this.#saveProblem = this.#disk.unfinished;
      await this.#log.sync();
      this.#shared.giveOut();
    } catch (error) {
      this.#saveProblem = this.file.problemOf(error);
    }
    this.#tellState();
  }

  /** Merges what is on disk now into the document: by difference from what was there before. */
  #takeFromDisk(disk: OnDisk<Format> | undefined): void {
    const wasSaved = this.isSaved;
    if (disk !== undefined && (disk.content !== this.#disk.base || !this.#disk.wasThere)) {
      const update = this.#shared.merge({ base: this.#disk.base, theirs: disk.content });
      this.#log.append(RECORD.merged, encodeMerged(update, disk.content));
    }
    this.#disk.note(disk);
    if (disk === undefined) return;
    this.#mayCreate = false;
    if (this.#shared.content === disk.content) this.#savedVersion = this.#shared.version;
    else if (wasSaved) this.#schedule.soon();
  }

  #beginAnew(): void {
    const { isSaved } = this;
    this.#log.leave();
    this.#shared.beginAnew();
    if (isSaved) this.#savedVersion = this.#shared.version;
  }

  // ── telling ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #state(): SavedState {
    const { isSaved: saved, isMissing } = this;
    const problems = { saveProblem: this.#saveProblem, logProblem: this.#log.problem };
    return stateOf({ saved, isMissing, isEmpty: this.length === 0, disk: this.#disk, ...problems });
  }

  #tellState(): void {
    this.#shared.tell(this.#state());
  }

  #exclusive<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#chain.then(act);
    this.#chain = done.catch(() => {}); // told to whoever asked for it
    return done;
  }
}
