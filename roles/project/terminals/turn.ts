/** Whose size a terminal has when several people have it open: it must not flip with every key when two of them type. */

/** Whoever typed last keeps it for so long, whatever others type meanwhile. */
const QUIET_MS = 5_000;

const INTRODUCER = "\x1b[";
/** Reports of the mouse, in its forms, and of the focus: nobody typed them, though they come from somebody's screen. */
const POINTER = /^(?:<\d+;\d+;\d+[Mm]|M[\s\S]{3}|[IO])$/;

function isPointer(text: string): boolean {
  const [before, ...reports] = text.split(INTRODUCER);
  return before === "" && reports.length > 0 && reports.every((report) => POINTER.test(report));
}

export class Turn {
  #id: string | undefined;
  #typedAt = 0;

  /** Somebody typed; is it their turn since now? */
  typed(id: string, text: string): boolean {
    if (isPointer(text)) return false;
    const now = performance.now();
    const wasOther = this.#id !== id;
    if (wasOther && this.#id !== undefined && now - this.#typedAt < QUIET_MS) return false;
    this.#id = id;
    this.#typedAt = now;
    return wasOther;
  }

  /** It is somebody's who has not typed: the first who does takes it. */
  give(id: string): void {
    if (this.#id === id) return;
    this.#id = id;
    this.#typedAt = Number.NEGATIVE_INFINITY;
  }

  isOf(id: string): boolean {
    return this.#id === id;
  }

  leave(id: string): void {
    if (this.#id === id) this.#id = undefined;
  }
}
