/** The merging of two changes of one text: the same for the server and for a browser. Pure. */

import { sharedStart } from "./graphemes.ts";
import { type Change, changesBetween } from "./text-changes.ts";

/**
 * The changes to `ours` that bring in what leads from `base` to `theirs`. What both did alike is taken once; what either
 * inserted stays, also in what the other deleted: at one place ours comes first.
 */
export function mergeChanges(base: string, ours: string, theirs: string): Change[] {
  if (theirs === base || ours === theirs) return [];
  if (ours === base) return changesBetween(base, theirs);
  const merge = new Merge(base, changesBetween(base, ours), changesBetween(base, theirs));
  return merge.run();
}

/** Walks the base once, with both lists of changes. */
class Merge {
  readonly #length: number;
  /** What is still to come, the next one last. */
  readonly #ours: Change[];
  readonly #theirs: Change[];
  readonly #result: Change[] = [];
  /** Position in the base, and the one of it in our text. */
  #base = 0;
  #here = 0;

  constructor(base: string, ours: Change[], theirs: Change[]) {
    this.#length = base.length;
    this.#ours = ours.toReversed();
    this.#theirs = theirs.toReversed();
  }

  run(): Change[] {
    let ourDelete = 0;
    let theirDelete = 0;
    for (;;) {
      const our = this.#take(this.#ours);
      const their = this.#take(this.#theirs);
      this.#insertBoth(our?.insert ?? "", their?.insert ?? "");
      ourDelete += our?.remove ?? 0;
      theirDelete += their?.remove ?? 0;
      if (this.#base >= this.#length) return this.#result;
      const next = Math.min(
        this.#ours.at(-1)?.at ?? this.#length,
        this.#theirs.at(-1)?.at ?? this.#length,
        this.#length,
      );
      const stops = [next - this.#base, ourDelete, theirDelete].filter((length) => length > 0);
      const step = Math.min(...stops);
      if (ourDelete === 0 && theirDelete > 0) this.#add({ at: this.#here, remove: step, insert: "" });
      if (ourDelete === 0) this.#here += step;
      this.#base += step;
      ourDelete = Math.max(0, ourDelete - step);
      theirDelete = Math.max(0, theirDelete - step);
    }
  }

  /** The change that begins here. */
  #take(changes: Change[]): Change | undefined {
    return changes.at(-1)?.at === this.#base ? changes.pop() : undefined;
  }

  /** Ours is there already; theirs is put after it, but for a beginning that both have. */
  #insertBoth(our: string, their: string): void {
    const shared = sharedStart(our, their);
    this.#here += our.length;
    if (their.length > shared) this.#add({ at: this.#here, remove: 0, insert: their.slice(shared) });
  }

  #add(change: Change): void {
    const last = this.#result.at(-1);
    if (last !== undefined && last.at + last.remove === change.at) {
      last.remove += change.remove;
      last.insert += change.insert;
    } else this.#result.push({ ...change });
  }
}
