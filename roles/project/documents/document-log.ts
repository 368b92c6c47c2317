/** The log of an open document as that uses it: begun anew when it has grown, and done without where it cannot be kept. */

import { randomBytes } from "node:crypto";
import * as Y from "yjs";
import { messageOf } from "../../../src/core/errors.ts";
import { fileError } from "../../../src/files/file-errors.ts";
import type { TextEncoding } from "../../../src/protocol/document-text.ts";
import {
  type LogRecord,
  RECORD,
  type ReadLog,
  type RecordKind,
  removeLog,
  tellsOfEdits,
  UpdateLog,
} from "./update-log.ts";

/** Updates in the log, in bytes, after which it is begun anew with the state. */
const COMPACT_BYTES = 2 * 1024 * 1024;
/** A state that is so many times what a document may hold makes it begin anew: most of it is what was deleted. */
const MAX_STATE_TIMES = 4;

/** What a log begins with. */
export interface Snapshot {
  doc: Y.Doc;
  generation: string;
  /** Path on the wire. */
  path: string;
  /** In which it was opened; undefined: as can be told from its bytes. */
  encoding: TextEncoding | undefined;
  content: string;
  /** The content on disk; undefined when there is no file. */
  base: string | undefined;
}

interface Owner {
  folder: string;
  /** Bytes that the document may hold. */
  limit: number;
  snapshot: () => Snapshot;
  /** Runs an act when nothing else of the document does. */
  exclusive: (act: () => Promise<void>) => Promise<void>;
  /** A log stands there that knows less than the readers do and cannot be removed: its generation must not be theirs. */
  outlived: () => void;
}

export class DocumentLog {
  readonly #owner: Owner;
  #log: UpdateLog | undefined;
  #problem: string | undefined;
  #stateBytes = 0;
  #isEdited = false;
  #isOutlived = false;
  #isClosed = false;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** Why nothing is kept, in words. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get isKept(): boolean {
    return this.#log !== undefined;
  }

  /** Has the state so much history that the document should begin anew? */
  get isBloated(): boolean {
    return this.#stateBytes >= MAX_STATE_TIMES * this.#owner.limit;
  }

  /** Has anything been typed since the document was begun from its file? Else the file tells all. */
  get isEdited(): boolean {
    return this.#isEdited;
  }

  /** Goes on after the log of before. */
  follow(before: ReadLog): void {
    this.#isEdited = tellsOfEdits(before);
  }

  append(kind: RecordKind, payload?: Uint8Array): void {
    this.#isEdited ||= kind === RECORD.update;
    this.#log?.append(kind, payload);
  }

  async sync(): Promise<void> {
    await this.#log?.sync();
  }

  /** Begins it anew with the state as it is. Where that fails all still works, but for surviving a crash. */
  async begin(): Promise<void> {
    const before = this.#log;
    this.#log = undefined;
    await before?.close();
    const late: Uint8Array[] = [];
    const collect = (update: Uint8Array) => late.push(update);
    const { folder, snapshot } = this.#owner;
    const { doc, generation, path, encoding, ...contents } = snapshot();
    const records = this.#records(doc, contents);
    doc.on("update", collect);
    try {
      const head = { version: 1 as const, generation, path, encoding, isUnedited: !this.#isEdited };
      const log = await UpdateLog.begin(folder, { head, records, failed: (error) => this.#onFailed(error) });
      for (const update of late) log.append(RECORD.update, update);
      this.#log = log;
      this.#problem = undefined;
    } catch (error) {
      this.#onFailed(error);
    } finally {
      doc.off("update", collect);
    }
  }

  /** Begins it anew if it has grown too much, or is not kept. */
  async tend(): Promise<void> {
    if (this.#log === undefined || this.#log.size > COMPACT_BYTES + 2 * this.#stateBytes) await this.begin();
  }

  /** Leaves the log as it is, whole for the generation that it names. */
  leave(): void {
    void this.#log?.close();
    this.#log = undefined;
  }

  async close(): Promise<void> {
    if (this.#log !== undefined && this.#log.size > this.#stateBytes + COMPACT_BYTES / 8) await this.begin();
    this.#isClosed = true;
    await this.#log?.close();
  }

  #records(doc: Y.Doc, { content, base }: { content: string; base: string | undefined }): LogRecord[] {
    const state = Y.encodeStateAsUpdate(doc);
    this.#stateBytes = state.length;
    const records: LogRecord[] = [{ kind: RECORD.state, payload: state }];
    if (base === undefined) return records;
    if (base === content) return [...records, { kind: RECORD.baseIsContent, payload: new Uint8Array() }];
    return [...records, { kind: RECORD.base, payload: Buffer.from(base) }];
  }

  /** A log that stopped growing must not be read again: it is removed, or outlived. */
  #onFailed(error: unknown): void {
    this.#log = undefined;
    const why = messageOf(fileError(error, "~/.cocalc/documents"));
    this.#problem = `What is typed is not safe from a crash until it is saved: ${why}`;
    void this.#owner.exclusive(async () => {
      if (this.#log !== undefined || this.#isClosed) return;
      const removed = await removeLog(this.#owner.folder);
      if (!removed && !this.#isOutlived) this.#owner.outlived();
      this.#isOutlived = !removed;
    });
  }
}

/** Names a history of a document: states of two generations have nothing to do with each other. */
export function newGeneration(): string {
  return randomBytes(12).toString("hex");
}
