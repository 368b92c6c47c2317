/** What a file held and will hold while it is written in place, so that a crash in the middle of that is finished, and not taken for an edit. */

import { access, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { createOwnFile, readOwnFile } from "../../../src/files/own-file.ts";

/** What is longer is none of ours. */
const MOST_BYTES = 1024 * 1024 * 1024;

const head = z.object({ was: z.number().int().min(0), becomes: z.number().int().min(0) });

interface Writing {
  was: Buffer;
  becomes: Buffer;
}

export class InPlaceJournal {
  readonly #path: string;

  /** `folder`: where the document's log is. */
  constructor(folder: string) {
    this.#path = join(folder, "writing");
  }

  get #temporary(): string {
    return `${this.#path}.new`;
  }

  /** All of it is on the disk then. Where it cannot be kept the file is written nevertheless, as without a log. */
  async begin({ was, becomes }: Writing): Promise<void> {
    const line = `${JSON.stringify({ was: was.length, becomes: becomes.length })}\n`;
    try {
      const handle = await createOwnFile(this.#temporary);
      await handle
        .writeFile(Buffer.concat([Buffer.from(line), was, becomes]))
        .then(() => handle.datasync())
        .finally(() => handle.close());
      await rename(this.#temporary, this.#path);
    } catch {
      await this.end(); // that there is no log is told already; half of one takes the room that the file wants
    }
  }

  isThere(): Promise<boolean> {
    return access(this.#path).then(
      () => true,
      () => false,
    );
  }

  async end(): Promise<void> {
    await rm(this.#temporary, { force: true }).catch(() => {}); // written over the next time
    await rm(this.#path, { force: true }).catch(() => {}); // what is left fits no file but ours
  }

  /** What the file was about to become, if what is there now is a mixture that a crash left; undefined if it is anybody's text. */
  async unfinished(now: Buffer): Promise<Buffer | undefined> {
    const writing = parse(await readOwnFile(this.#path, MOST_BYTES).catch(() => undefined)); // usually there is none
    return writing !== undefined && isMixtureOf(now, writing) ? writing.becomes : undefined;
  }
}

function parse(bytes: Buffer | undefined): Writing | undefined {
  if (bytes === undefined) return undefined;
  const start = bytes.indexOf("\n") + 1;
  try {
    const { was, becomes } = head.parse(JSON.parse(bytes.toString("latin1", 0, start)));
    if (bytes.length !== start + was + becomes) return undefined;
    return { was: bytes.subarray(start, start + was), becomes: bytes.subarray(start + was) };
  } catch {
    return undefined; // written by something else
  }
}

/** Is each byte the one of before, or the new one? And not all new. */
export function isMixtureOf(now: Buffer, { was, becomes }: Writing): boolean {
  if (now.length < Math.min(was.length, becomes.length) || now.length > Math.max(was.length, becomes.length))
    return false;
  return !now.equals(becomes) && now.every((byte, at) => byte === was[at] || byte === becomes[at]);
}
