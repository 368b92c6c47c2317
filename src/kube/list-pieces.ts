/** Decodes the body of a list as it comes, object by object, so that thousands of pods never stand in memory as one text. Pure: it knows no sockets. */

import { unavailable } from "../core/errors.ts";
import { withKinds } from "./kinds.ts";
import type { KubeList, KubeObject } from "./types.ts";
import { WireText } from "./wire-text.ts";

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [BRACE, BRACE_END, BRACKET, BRACKET_END] = [0x7b, 0x7d, 0x5b, 0x5d];
/** How deep the members of `items` lie: in an array, in the list. */
const DEPTH = 2;

/** Takes bytes as they come; keeps at most one unfinished object, and what a list says beside its items. */
export class ListPieces<T extends KubeObject> {
  readonly #item = new WireText("an object");
  /** The list with its array emptied. */
  readonly #frame = new WireText("a list");
  #depth = 0;
  #isInItems = false;
  #isInText = false;
  #isEscaped = false;

  /** The objects that are whole by now, without kind and version. @throws AppError `unavailable` for what is no JSON of a bearable size. */
  push(chunk: Uint8Array): T[] {
    const objects: T[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (this.#isInText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) this.#isInText = false;
      } else if (byte === QUOTE) this.#isInText = true;
      else if (byte === BRACE || byte === BRACKET) {
        if (this.#isBetweenItems) from = at; // what separates them is dropped
        this.#depth += 1;
        if (this.#depth !== DEPTH || byte !== BRACKET) continue;
        this.#frame.add(chunk.subarray(from, at + 1));
        this.#isInItems = true;
        from = at + 1;
      } else if (byte === BRACE_END || byte === BRACKET_END) {
        if (this.#isBetweenItems) {
          this.#isInItems = false;
          from = at;
        }
        this.#depth -= 1;
        if (!this.#isBetweenItems) continue;
        this.#item.add(chunk.subarray(from, at + 1));
        objects.push(this.#item.take() as T); // the API server sends what was asked for
        from = at + 1;
      }
    }
    if (!this.#isBetweenItems) (this.#isInItems ? this.#item : this.#frame).add(chunk.subarray(from));
    return objects;
  }

  /** The list of all objects that were given. @throws AppError `unavailable` for what ended too soon, or is no list. */
  end(items: T[]): KubeList<T> {
    const { kind, apiVersion, metadata } = (this.#frame.take() ?? {}) as Partial<KubeObject>; // checked here
    if (kind === undefined || apiVersion === undefined || metadata?.resourceVersion === undefined)
      throw unavailable("Something that is no Kubernetes API answered when asked for a list.");
    const { resourceVersion } = metadata;
    return withKinds({ kind, apiVersion, metadata: { resourceVersion }, items });
  }

  get #isBetweenItems(): boolean {
    return this.#isInItems && this.#depth === DEPTH;
  }
}
