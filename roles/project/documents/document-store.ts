/** Where the logs of documents are kept: a folder each below ~/.cocalc/documents, found by the file's identity. */

import { createHash } from "node:crypto";
import { readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { createOwnFile } from "../../../src/files/own-file.ts";
import { ownFolder } from "../../../src/files/own-folder.ts";
import { logPath, readLog } from "./update-log.ts";

/** A log that nobody used for so long is removed; who still has unsent edits from before rebases by difference. */
const KEPT_DAYS = 60;

export class DocumentStore {
  readonly #root: string;

  constructor(home: string) {
    this.#root = ownFolder({ home }, "documents");
  }

  folderOf(identity: string): string {
    return join(this.#root, createHash("sha256").update(identity, "latin1").digest("hex").slice(0, 40));
  }

  /** Marks a document as open, so that a crash is noticed at the next start. */
  async markOpen(folder: string): Promise<void> {
    // Without it, recovery waits for the next opening.
    await createOwnFile(join(folder, "open")).then(
      (mark) => mark.close(),
      () => {},
    );
  }

  async markClosed(folder: string): Promise<void> {
    await rm(join(folder, "open"), { force: true }).catch(() => {});
    const now = new Date();
    await utimes(folder, now, now).catch(() => {});
  }

  /** Forgets a document. */
  async remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true }).catch(() => {}); // then it is one that is long unused, some day
  }

  /** The log of a closed document goes with its file, in place of one that stood for another file there. */
  async move(from: string, to: string): Promise<void> {
    if (from === to) return;
    await rm(this.folderOf(to), { recursive: true, force: true }).catch(() => {});
    await rename(this.folderOf(from), this.folderOf(to)).catch(() => {}); // without it, a new generation is begun
  }

  /** Paths of the documents that were open when the server ended without closing them. Removes what is long unused. */
  async leftOpen(): Promise<string[]> {
    const paths: string[] = [];
    for (const name of await readdir(this.#root).catch(() => [])) {
      const folder = join(this.#root, name);
      const isOpen = (await stat(join(folder, "open")).catch(() => undefined)) !== undefined;
      if (isOpen) paths.push(...(await pathIn(folder)));
      else await removeIfOld(folder);
    }
    return paths;
  }
}

async function pathIn(folder: string): Promise<string[]> {
  const log = await readLog(folder);
  return log === undefined ? [] : [log.head.path];
}

async function removeIfOld(folder: string): Promise<void> {
  const stats = await stat(logPath(folder)).catch(() => undefined);
  const ageMs = Date.now() - (stats?.mtimeMs ?? 0);
  if (ageMs > KEPT_DAYS * 86_400_000) await rm(folder, { recursive: true, force: true }).catch(() => {}); // looked at again next time
}
