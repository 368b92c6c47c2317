/**
 * What used the most memory in the last seconds before there was none left, and which programs were killed for want of it: a file in the home, for
 * when the server is killed with everything else, or nobody was there to be told.
 * It has one length from the first on, and is written over in place by one write: so it needs no room on a full disk, and is never half written.
 */

import { constants as flags } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { makeOwnFolder, ownFolder } from "../../../src/files/own-folder.ts";
import { isoTime } from "../../../src/protocol/common.ts";
import { type KilledProgram, killedProgram, MOST_KILLED } from "../../../src/protocol/project-status.ts";

const BYTES = 4_096;
const FOLDER = "memory";
const FILE = "notes.json";

const notedMemory = z.object({
  time: isoTime,
  /** Bytes in use by all, and the limit. */
  used: z.number().nonnegative(),
  limit: z.number().nonnegative(),
  /** The largest first. */
  processes: z.array(z.object({ name: z.string().max(200), used: z.number().nonnegative() })).max(10),
});
export type NotedMemory = z.infer<typeof notedMemory>;

const memoryNotes = z.object({
  /** While little is left; null: enough is. */
  now: notedMemory.nullable(),
  /** What stood there last when a server was killed: kept for who asks it too late, or could not. Of the largest process alone. */
  before: notedMemory.nullable().default(null),
  /** The last one first. */
  killed: z.array(killedProgram).max(MOST_KILLED),
});
type Notes = z.infer<typeof memoryNotes>;

export class MemoryNotes {
  /** undefined: a home in which it cannot be had does without. */
  readonly #file: FileHandle | undefined;
  #notes: Notes;

  private constructor(file: FileHandle | undefined, notes: Notes = { now: null, before: null, killed: [] }) {
    this.#file = file;
    const { now, before } = notes;
    this.#notes = { ...notes, before: now === null ? before : { ...now, processes: now.processes.slice(0, 1) } };
  }

  /** What an earlier server noted last before it was killed, when little was left. */
  get before(): NotedMemory | null {
    return this.#notes.before;
  }

  /** Programs that were killed lately, also before this server; the last one first. */
  get killed(): readonly KilledProgram[] {
    return this.#notes.killed;
  }

  /** Reads what an earlier server left. Whatever people put in its place is left alone. */
  static async open(home: string): Promise<MemoryNotes> {
    await makeOwnFolder({ home }, FOLDER);
    const mode = flags.O_RDWR | flags.O_CREAT | flags.O_NOFOLLOW | flags.O_NONBLOCK;
    const file = await open(join(ownFolder({ home }, FOLDER), FILE), mode, 0o600).catch(() => undefined);
    const isFile = (await file?.stat().catch(() => undefined))?.isFile() === true;
    if (file === undefined || !isFile) {
      await file?.close();
      return new MemoryNotes(undefined);
    }
    const before = await readNotes(file);
    const notes = new MemoryNotes(file, before);
    if (before === undefined) await notes.write(undefined); // takes the room that it will need
    return notes;
  }

  /** undefined: there is enough again. */
  async write(now: NotedMemory | undefined): Promise<void> {
    this.#notes = { ...this.#notes, now: now ?? null };
    await this.#save();
  }

  async addKilled(program: KilledProgram): Promise<void> {
    this.#notes = { ...this.#notes, killed: [program, ...this.killed].slice(0, MOST_KILLED) };
    await this.#save();
  }

  async #save(): Promise<void> {
    await this.#file?.write(asBlock(this.#notes), 0, BYTES, 0).catch(() => {}); // without it, nobody is told which process it was
  }

  async close(): Promise<void> {
    await this.#file?.close().catch(() => {});
  }
}

/** As much of it as there is room for; blanks to the end. */
function asBlock({ killed, ...rest }: Notes): Buffer {
  const fits = killed.map((_, older) => ({ ...rest, killed: killed.slice(0, killed.length - older) }));
  const texts = [...fits, { ...rest, killed: [] }].map((notes) => JSON.stringify(notes));
  const bytes = Buffer.alloc(BYTES, " ");
  bytes.write(texts.find((text) => Buffer.byteLength(text) <= BYTES) ?? "");
  return bytes;
}

async function readNotes(file: FileHandle): Promise<Notes | undefined> {
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BYTES), 0, BYTES, 0);
    return memoryNotes.parse(JSON.parse(buffer.toString("utf8", 0, bytesRead)));
  } catch {
    return undefined; // empty, or whatever people wrote there
  }
}
