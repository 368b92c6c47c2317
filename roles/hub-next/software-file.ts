/** The software environments that people may choose, from a mounted file: hubs have no rights in the cluster. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { type Software, software } from "../../src/protocol/software.ts";

/** A mounted ConfigMap changes in place: how long a reading is believed. */
const TTL_MS = 30_000;
const FILE = "software.json";

export class SoftwareFile {
  readonly #path: string | undefined;
  readonly #log: Logger;
  #known: { value: Promise<Software | null>; until: number } | undefined;

  constructor(folder: string | undefined, log: Logger) {
    this.#path = folder === undefined ? undefined : join(folder, FILE);
    this.#log = log;
  }

  /** The environments; null where none are configured, or the file is not valid. */
  value(): Promise<Software | null> {
    if (this.#known === undefined || this.#known.until < Date.now()) {
      this.#known = { value: this.#read(), until: Date.now() + TTL_MS };
    }
    return this.#known.value;
  }

  async #read(): Promise<Software | null> {
    if (this.#path === undefined) return null;
    try {
      return software.parse(JSON.parse(await readFile(this.#path, "utf8")));
    } catch (error) {
      this.#log.error({ file: FILE, reason: messageOf(error) }, "the software environments cannot be read");
      return null;
    }
  }
}
