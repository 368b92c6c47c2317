/** Texts of the wire that come in several chunks, each of them one JSON value. Knows no sockets. */

import { unavailable } from "../core/errors.ts";

/** Above what etcd can hold of one object, JSON escapes included. */
const MAX_BYTES = 8 * 1024 * 1024;

export class WireText {
  readonly #what: string;
  readonly #maxBytes: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** `what` it is, for messages: "a watch event". */
  constructor(what: string, maxBytes = MAX_BYTES) {
    this.#what = what;
    this.#maxBytes = maxBytes;
  }

  /** @throws AppError `unavailable` when it is too long. */
  add(part: Uint8Array): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#maxBytes)
      throw unavailable(`Kubernetes sent ${this.#what} of more than ${this.#maxBytes} bytes.`);
    this.#parts.push(part);
  }

  /** All that was added since the last one; undefined: nothing but blanks. @throws AppError `unavailable` for what is no JSON. */
  take(): unknown {
    const text = Buffer.concat(this.#parts).toString("utf8");
    this.#parts = [];
    this.#bytes = 0;
    if (text.trim() === "") return undefined;
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw unavailable(`Kubernetes sent ${this.#what} that is not JSON.`, { cause });
    }
  }
}
