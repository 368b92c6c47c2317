/**
 * What used the most memory in the last seconds before there was none left: a file in the home, for when the server is killed with everything else.
 * It has one length from the first on, and is written over in place by one write: so it needs no room on a full disk, and is never half written.
 */

import { constants as flags } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { makeOwnFolder, ownFolder } from "../../../src/files/own-folder.ts";
import { isoTime } from "../../../src/protocol/common.ts";

const BYTES = 4_096;
const FOLDER = "memory";
const FILE = "notes.json";

const memoryNotes = z.object({
  time: isoTime,
  /** Bytes in use by all, and the limit. */
  used: z.number().nonnegative(),
  limit: z.number().nonnegative(),
  /** The largest first. */
  processes: z.array(z.object({ name: z.string().max(200), used: z.number().nonnegative() })).max(10),
});
export type NotedMemory = z.infer<typeof memoryNotes>;

export class MemoryNotes {
  /** undefined: a home in which it cannot be had does without. */
  readonly #file: FileHandle | undefined;
  /** What an earlier server noted last. */
  readonly before: NotedMemory | undefined;

  private constructor(file: FileHandle | undefined, before: NotedMemory | undefined) {
    this.#file = file;
    this.before = before;
  }

  /** Reads what an earlier server left. Whatever people put in its place is left alone. */
  static async open(home: string): Promise<MemoryNotes> {
    await makeOwnFolder({ home }, FOLDER);
    const mode = flags.O_RDWR | flags.O_CREAT | flags.O_NOFOLLOW | flags.O_NONBLOCK;
    const file = await open(join(ownFolder({ home }, FOLDER), FILE), mode, 0o600).catch(() => undefined);
    const isFile = (await file?.stat().catch(() => undefined))?.isFile() === true;
    if (file === undefined || !isFile) {
      await file?.close();
      return new MemoryNotes(undefined, undefined);
    }
    const before = await readNotes(file);
    const notes = new MemoryNotes(file, before);
    if (before === undefined) await notes.write(undefined); // takes the room that it will need
    return notes;
  }

  /** undefined: there is nothing to be noted any more. */
  async write(notes: NotedMemory | undefined): Promise<void> {
    const text = notes === undefined ? "" : JSON.stringify(notes);
    const bytes = Buffer.alloc(BYTES, " ");
    if (Buffer.byteLength(text) <= BYTES) bytes.write(text);
    await this.#file?.write(bytes, 0, BYTES, 0).catch(() => {}); // without it, nobody is told which process it was
  }

  async close(): Promise<void> {
    await this.#file?.close().catch(() => {});
  }
}

async function readNotes(file: FileHandle): Promise<NotedMemory | undefined> {
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BYTES), 0, BYTES, 0);
    return memoryNotes.parse(JSON.parse(buffer.toString("utf8", 0, bytesRead)));
  } catch {
    return undefined; // empty, or whatever people wrote there
  }
}
