/**
 * The highest number that a terminal was called by, kept in the home over restarts of the project: a tab that somebody left open may show any number
 * up to it, and would open the terminal of whoever is given it next.
 */

import { join } from "node:path";
import { readOwnFile, replaceOwnFile } from "../../../src/files/own-file.ts";
import { makeOwnFolder, ownFolder } from "../../../src/files/own-folder.ts";

const FOLDER = "terminals";
const MOST_BYTES = 16;
const NUMBER = /^\d{1,6}$/;
/** The first terminal is called by a word, so new ones begin with 2. */
const BEFORE_ALL = 1;

export class LastNumber {
  readonly #own: string;
  #highest = BEFORE_ALL;
  #read: Promise<void> | undefined;
  #written: Promise<void> = Promise.resolve();

  /** `own`: the folder that the server keeps its notes in. */
  constructor(own: string) {
    this.#own = own;
  }

  /** The next one that is free, and from now on the highest. A home that cannot be written forgets it with the server. */
  async next(isFree: (name: string) => boolean): Promise<string> {
    this.#read ??= this.#readFile();
    await this.#read;
    do this.#highest += 1;
    while (!isFree(String(this.#highest)));
    const name = String(this.#highest);
    this.#written = this.#written.then(() => this.#write(name)).catch(() => {});
    await this.#written;
    return name;
  }

  /** A terminal was opened by this name. */
  used(name: string): void {
    if (NUMBER.test(name)) this.#highest = Math.max(this.#highest, Number(name));
  }

  get #file(): string {
    return join(ownFolder({ home: this.#own }, FOLDER), "last-number");
  }

  async #readFile(): Promise<void> {
    const bytes = await readOwnFile(this.#file, MOST_BYTES).catch(() => ""); // none, or nothing of ours
    this.used(bytes.toString().trim());
  }

  /** Whole or not at all: a crash leaves the one before. */
  async #write(name: string): Promise<void> {
    await makeOwnFolder({ home: this.#own }, FOLDER);
    await replaceOwnFile(this.#file, `${name}\n`);
  }
}
