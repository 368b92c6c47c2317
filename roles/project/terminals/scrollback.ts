/** The last part of a terminal's text, bounded; offsets count UTF-16 units since the terminal's birth. */

/** Pieces are joined up to this size, so that a million keystrokes are no million pieces. */
const PIECE = 16_384;

export class Scrollback {
  readonly #maxLength: number;
  readonly #pieces: string[] = [];
  #start = 0;
  #end = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Offset after the last unit. */
  get end(): number {
    return this.#end;
  }

  /** Offset of the first unit that is still kept. */
  get start(): number {
    return this.#start;
  }

  append(text: string): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.length + text.length <= PIECE) this.#pieces[this.#pieces.length - 1] = last + text;
    else this.#pieces.push(text);
    this.#end += text.length;
    while (this.#end - this.#start > this.#maxLength && this.#pieces.length > 1)
      this.#start += this.#pieces.shift()?.length ?? 0;
  }

  /** Text from an offset on; undefined where that is no longer kept. */
  since(offset: number): { text: string; offset: number } | undefined {
    if (offset < this.#start || offset > this.#end) return undefined;
    return { text: this.#pieces.join("").slice(offset - this.#start), offset };
  }
}
