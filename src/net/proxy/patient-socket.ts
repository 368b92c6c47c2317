/** A socket to another server that goes on reading when it can no longer write: what the other side said before it closed is still there to be read. */

import { Socket } from "node:net";
import { codeOf } from "../../core/errors.ts";

type Written = (error?: Error | null) => void;

/**
 * Many servers answer an upload that they refuse without reading it, and close: the next write fails then, and Node would throw the answer away with the
 * socket. Here what cannot be written any more is dropped; the end of what can be read tells the rest.
 */
export class PatientSocket extends Socket {
  #isDeaf = false;

  override _write(chunk: unknown, encoding: BufferEncoding, written: Written): void {
    if (this.#isDeaf) written();
    else super._write(chunk, encoding, this.#patiently(written));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], written: Written): void {
    if (this.#isDeaf) written();
    else super._writev?.(chunks, this.#patiently(written));
  }

  #patiently(written: Written): Written {
    return (error) => {
      const code = error === undefined || error === null ? undefined : codeOf(error);
      this.#isDeaf = code === "EPIPE" || code === "ECONNRESET";
      written(this.#isDeaf ? undefined : error);
    };
  }
}
