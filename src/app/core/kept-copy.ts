/** What the browser keeps of one open document: written soon after each change, read once, and taken along when the file is moved. */

import type { DocumentKeeper, KeptDocument } from "./document-keeper.ts";

const KEEP_AFTER_MS = 250;

interface Options {
  keeper: DocumentKeeper;
  /** Names the document in the keeper, now. */
  key: () => string;
  /** What is to be kept, now; undefined: nothing that the server knows yet. */
  read: () => KeptDocument | undefined;
}

export class KeptCopy {
  readonly #options: Options;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /** What was kept the last time, if anything was and it can be read; else the server alone knows. */
  load(): Promise<KeptDocument | undefined> {
    const { keeper, key } = this.#options;
    return keeper.load(key()).catch(() => undefined);
  }

  /** Something changed: further changes of the same moment are kept with it. */
  soon(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => void this.#now(), KEEP_AFTER_MS);
  }

  async #now(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { keeper, key, read } = this.#options;
    const kept = read();
    if (kept !== undefined) await keeper.save(key(), kept).catch(() => {}); // storage is full: the page still holds it
  }

  /** The document has another key now: what is kept under the one from before goes there. */
  async movedFrom(before: string): Promise<void> {
    await this.#now();
    await this.#options.keeper.remove(before);
  }

  /** Keeps what is there for the last time. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#now();
  }
}
