/** The least of many items whose order changes while they are kept: a binary heap that knows the place of each. */

/**
 * Whoever changes what `isBefore` looks at calls `moved` before anything else is asked; for each, where several have changed, which then must
 * have moved the same way. Every act costs the logarithm of the size.
 */
export class SortedHeap<T> {
  readonly #isBefore: (a: T, b: T) => boolean;
  readonly #items: T[] = [];
  readonly #places = new Map<T, number>();

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  get size(): number {
    return this.#items.length;
  }

  has(item: T): boolean {
    return this.#places.has(item);
  }

  /** Adds an item that is not there yet. */
  add(item: T): void {
    this.#put(item, this.#items.length);
    this.#rise(item);
  }

  /** Says that an item may stand elsewhere in the order by now. */
  moved(item: T): void {
    if (!this.has(item)) return;
    this.#rise(item);
    this.#sink(item);
  }

  remove(item: T): void {
    const place = this.#places.get(item);
    const last = this.#items.at(-1);
    if (place === undefined || last === undefined) return;
    this.#items.pop();
    this.#places.delete(item);
    if (last === item) return;
    this.#put(last, place);
    this.moved(last);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    this.#places.set(item, place);
  }

  #rise(item: T): void {
    let place = this.#placeOf(item);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above] as T; // within the heap
      if (!this.#isBefore(item, parent)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
  }

  #sink(item: T): void {
    let place = this.#placeOf(item);
    for (;;) {
      const below = this.#lesserBelow(place);
      if (below === undefined || !this.#isBefore(below, item)) break;
      const at = this.#placeOf(below);
      this.#put(below, place);
      place = at;
    }
    this.#put(item, place);
  }

  #lesserBelow(place: number): T | undefined {
    const [left, right] = [this.#items[2 * place + 1], this.#items[2 * place + 2]];
    if (left === undefined || right === undefined) return left;
    return this.#isBefore(right, left) ? right : left;
  }

  #placeOf(item: T): number {
    return this.#places.get(item) ?? 0;
  }
}
