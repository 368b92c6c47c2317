/** Moves of files through us: one at a time for what they have in common, waited for by who wants a document on the way, remembered for who was away. */

import { movedPath } from "../../../src/protocol/moved-path.ts";

/** Who was away for more moves than these finds the file by its name alone. */
const MAX_REMEMBERED = 1_000;

export class Moves {
  /** The names of what each one touches, by its end. */
  readonly #underWay = new Map<Promise<void>, readonly string[]>();
  /** Where the document of a generation was moved to. */
  readonly #places = new Map<string, string>();

  /** Runs a move when no other one touches anything of these names, which are all that its source and target have. */
  async run<T>(names: readonly string[], act: () => Promise<T>): Promise<T> {
    for (let other = this.over(names); other !== undefined; other = this.over(names)) await other;
    const ended = Promise.withResolvers<void>();
    this.#underWay.set(ended.promise, names);
    try {
      return await act();
    } finally {
      this.#underWay.delete(ended.promise);
      ended.resolve();
    }
  }

  /** The end of a move that touches something of these names; undefined when there is none. */
  over(names: readonly string[]): Promise<void> | undefined {
    for (const [ended, touched] of this.#underWay)
      if (names.some((name) => touched.some((one) => isWithin(name, one) || isWithin(one, name)))) return ended;
    return undefined;
  }

  remember(generation: string, path: string): void {
    this.#places.set(generation, path);
    for (const oldest of this.#places.keys()) if (this.#places.size > MAX_REMEMBERED) this.#places.delete(oldest);
  }

  /** Where the document of this generation was moved to, if it was. */
  placeOf(generation: string | undefined): string | undefined {
    return generation === undefined ? undefined : this.#places.get(generation);
  }
}

/** Is it this file or folder, or below it? */
export function isWithin(name: string, root: string): boolean {
  return movedPath(name, { from: root, to: "" }) !== undefined;
}
