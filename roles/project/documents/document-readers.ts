/** Those who have a document open, and what they are told. */

import type { SavedState } from "../../../src/protocol/project-documents.ts";
import type { DocumentReader } from "./document-reader.ts";

export class DocumentReaders {
  readonly #readers = new Map<string, DocumentReader>();
  #told = "";

  get size(): number {
    return this.#readers.size;
  }

  has(id: string): boolean {
    return this.#readers.has(id);
  }

  add(id: string, reader: DocumentReader): void {
    this.#readers.set(id, reader);
  }

  remove(id: string): void {
    this.#readers.delete(id);
  }

  /** To all but the one from whom it is. */
  update(update: Uint8Array, generation: string, from: unknown): void {
    for (const [id, reader] of this.#readers) if (id !== from) reader.update(update, generation);
  }

  awareness(update: Uint8Array, from: unknown): void {
    for (const [id, reader] of this.#readers) if (id !== from) reader.awareness(update);
  }

  reset(generation: string): void {
    for (const reader of this.#readers.values()) reader.reset(generation);
  }

  /** Told once, until it is another one. */
  state(state: SavedState): void {
    const told = JSON.stringify(state);
    if (told === this.#told) return;
    this.#told = told;
    for (const reader of this.#readers.values()) reader.state(state);
  }
}
