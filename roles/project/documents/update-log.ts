/** The log of one document on disk: its state, every update since, and marks of what was saved; a torn end is cut off when it is read. */

import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { createOwnFile, readOwnFile } from "../../../src/files/own-file.ts";
import { textEncoding } from "../../../src/protocol/project-documents.ts";

/** What a record is. Numbers on disk: never change their meaning. */
export const RECORD = {
  /** JSON: which document this is. The first record. */
  head: 1,
  /** A Yjs update that is the whole state. */
  state: 2,
  /** The content that is known to be on disk. */
  base: 3,
  /** As base: the content of the document as it is at this point. */
  baseIsContent: 4,
  /** A Yjs update. */
  update: 5,
  /** SHA-256 of the content at this point, which is about to be written to disk. */
  saving: 6,
  /** What was last about to be written, is. */
  saved: 7,
  /** A merge from disk, whole or not at all: length of the update (4 bytes), the update, the content on disk. */
  merged: 8,
} as const;
export type RecordKind = (typeof RECORD)[keyof typeof RECORD];

export interface LogRecord {
  kind: RecordKind;
  payload: Uint8Array;
}

const head = z.object({
  version: z.literal(1),
  generation: z.string().min(1).max(64),
  path: z.string(),
  encoding: textEncoding.optional(),
  /** Was nothing typed before this log began? What its updates type comes after. */
  isUnedited: z.boolean().optional(),
});
export type LogHead = z.infer<typeof head>;

export interface ReadLog {
  head: LogHead;
  records: LogRecord[];
}

const HEADER_BYTES = 9;
const MAX_RECORD = 256 * 1024 * 1024;
/** What is longer is no log of ours. */
const MOST_BYTES = 4 * MAX_RECORD;
/** What is appended is on the disk itself after this long. */
const SYNC_AFTER_MS = 400;

/**
 * States: open → failed (an append or sync did not succeed; `failed` is called once, and nothing is appended any more) → closed.
 * Appends keep their order and reach the system at once, so that the death of this process loses none.
 */
export class UpdateLog {
  readonly #handle: FileHandle;
  readonly #failed: (error: unknown) => void;
  #queue: Buffer[] = [];
  #writing: Promise<void> | undefined;
  #syncing: Promise<void> = Promise.resolve();
  #syncTimer: NodeJS.Timeout | undefined;
  #isDirty = false;
  #isOver = false;
  /** Bytes so far. */
  #size: number;

  private constructor(handle: FileHandle, size: number, failed: (error: unknown) => void) {
    this.#handle = handle;
    this.#size = size;
    this.#failed = failed;
  }

  get size(): number {
    return this.#size;
  }

  /** Begins a log anew with these records, in the place of one that is there; all of it is on the disk then. */
  static async begin(
    folder: string,
    { head, records, failed }: { head: LogHead; records: readonly LogRecord[]; failed: (error: unknown) => void },
  ): Promise<UpdateLog> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const first = { kind: RECORD.head, payload: Buffer.from(JSON.stringify(head)) };
    const bytes = Buffer.concat([first, ...records].map(encode));
    const temporary = join(folder, "log.new");
    const handle = await createOwnFile(temporary);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
      await rename(temporary, logPath(folder));
      await syncFolder(folder);
    } catch (error) {
      await handle.close().catch(() => {});
      await rm(temporary, { force: true }).catch(() => {}); // the error that led here is told
      throw error;
    }
    return new UpdateLog(handle, bytes.length, failed); // positioned at its end
  }

  append(kind: RecordKind, payload: Uint8Array = new Uint8Array()): void {
    if (this.#isOver) return;
    const bytes = encode({ kind, payload });
    this.#queue.push(bytes);
    this.#size += bytes.length;
    this.#isDirty = true;
    this.#writing ??= this.#write();
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined;
      void this.sync();
    }, SYNC_AFTER_MS);
  }

  /** Resolves when all that was appended before is on the disk, or the log has failed. */
  sync(): Promise<void> {
    this.#syncing = this.#syncing.then(() => this.#syncNow());
    return this.#syncing;
  }

  async #syncNow(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (!this.#isDirty || this.#isOver) return;
    this.#isDirty = false;
    await this.#handle.datasync().catch((error: unknown) => this.#fail(error));
  }

  async close(): Promise<void> {
    await this.sync();
    this.#isOver = true;
    clearTimeout(this.#syncTimer);
    await this.#handle.close().catch(() => {}); // nothing is lost: it is synced
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0 && !this.#isOver) {
      const bytes = Buffer.concat(this.#queue.splice(0));
      await this.#handle.writeFile(bytes).catch((error: unknown) => this.#fail(error));
    }
    this.#writing = undefined;
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#queue = [];
    clearTimeout(this.#syncTimer);
    void this.#handle.close().catch(() => {}); // it is of no more use
    this.#failed(error);
  }
}

/** The payload of a merge. */
export function encodeMerged(update: Uint8Array, base: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(update.length);
  return Buffer.concat([length, update, Buffer.from(base)]);
}

export function decodeMerged(payload: Uint8Array): { update: Uint8Array; base: string } {
  const bytes = Buffer.from(payload);
  const end = 4 + bytes.readUInt32LE(0);
  return { update: bytes.subarray(4, end), base: bytes.subarray(end).toString("utf8") };
}

export function logPath(folder: string): string {
  return join(folder, "log");
}

/** Removes a log. Says whether it is gone. */
export async function removeLog(folder: string): Promise<boolean> {
  return rm(logPath(folder), { force: true }).then(
    () => true,
    () => false, // a file system that cannot be written to now
  );
}

/** Was anything ever typed into the document of this log? */
export function tellsOfEdits({ head, records }: ReadLog): boolean {
  return head.isUnedited !== true || records.some(({ kind }) => kind === RECORD.update);
}

/** Reads a log as far as it is whole; undefined when there is none that can be used. */
export async function readLog(folder: string): Promise<ReadLog | undefined> {
  const bytes = await readOwnFile(logPath(folder), MOST_BYTES).catch(() => undefined); // none, or not readable: begun anew
  if (bytes === undefined) return undefined;
  const [first, ...records] = decodeAll(bytes);
  if (first?.kind !== RECORD.head) return undefined;
  const parsed = head.safeParse(parseJson(first.payload));
  return parsed.success ? { head: parsed.data, records } : undefined;
}

function parseJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** kind (1 byte), length (4), CRC-32 of kind and payload (4), payload. */
function encode({ kind, payload }: LogRecord): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + payload.length);
  bytes.writeUInt8(kind, 0);
  bytes.writeUInt32LE(payload.length, 1);
  bytes.writeUInt32LE(crc32(payload, kind), 5);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Records up to the first that is not whole: what follows a tear has no meaning. */
export function decodeAll(bytes: Buffer): LogRecord[] {
  const records: LogRecord[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const kind = bytes.readUInt8(at);
    const length = bytes.readUInt32LE(at + 1);
    const end = at + HEADER_BYTES + length;
    if (length > MAX_RECORD || end > bytes.length || !isKind(kind)) break;
    const payload = bytes.subarray(at + HEADER_BYTES, end);
    if (crc32(payload, kind) !== bytes.readUInt32LE(at + 5)) break;
    records.push({ kind, payload });
    at = end;
  }
  return records;
}

function isKind(kind: number): kind is RecordKind {
  return Object.values(RECORD).some((known) => known === kind);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined); // not on every file system
  await handle?.sync().catch(() => {});
  await handle?.close();
}
