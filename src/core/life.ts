/** The lifecycle of a process, a role, or a part of one: what was opened is undone in reverse order, whatever fails. */

import { asError, messageOf } from "./errors.ts";

type Undo = () => void | Promise<void>;
interface Opened {
  name: string;
  undo: Undo;
  /** A part that knows best what of it does not stop. */
  part?: Life;
}

/**
 * States: living → draining → stopped. A life is *living* while things are opened on it. `stop` first drains (every
 * `onDrain` at once: readiness goes off, listeners close, sockets are told), aborts `signal`, then runs the undos, last opened first,
 * each whatever the others did. One deadline bounds the whole. `stop` may be called any number of times; all callers await
 * the one stopping. What is deferred while it drains is undone with the rest; once `signal` is aborted, at once. An `onDrain` that comes
 * when draining has begun may never be run.
 * `fail` reports that a part died; the root's owner (main, or a test) decides what follows.
 */
export class Life {
  readonly name: string;
  readonly #opened: Opened[] = [];
  readonly #drains: Opened[] = [];
  readonly #abort = new AbortController();
  readonly #failed = Promise.withResolvers<Error>();
  readonly #parent: Life | undefined;
  #stopping: Promise<Error[]> | undefined;
  /** Of the whole stopping, by `Date.now()`. */
  #deadline = Number.POSITIVE_INFINITY;
  #undoing: Opened | undefined;

  constructor(name: string, parent?: Life) {
    this.name = name;
    this.#parent = parent;
  }

  /** Aborted when stopping begins (after the drain hooks were started); pass it to whatever waits. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** What is left in ms until the deadline of the stopping that is under way; without end while there is none. */
  get leftMs(): number {
    return Math.min(this.#deadline - Date.now(), this.#parent?.leftMs ?? Number.POSITIVE_INFINITY);
  }

  /** Resolves with the error of the first part that died; never rejects. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  /** Registers the undo of something just opened. */
  defer(name: string, undo: Undo): void {
    this.#defer({ name, undo });
  }

  #defer(opened: Opened): void {
    if (this.#abort.signal.aborted) {
      void Promise.resolve()
        .then(opened.undo)
        .catch(() => {}); // nobody is left to tell: the life that owned it is over
      return;
    }
    this.#opened.push(opened);
  }

  /** Registers what happens first when stopping begins, before anything is undone. */
  onDrain(name: string, drain: Undo): void {
    this.#drains.push({ name, undo: drain });
  }

  /** A life of a part: stopped with this one, within its deadline, or earlier by itself; its failure is this one's failure. */
  child(name: string): Life {
    const child = new Life(`${this.name}/${name}`, this);
    this.#defer({ name, part: child, undo: async () => throwAll(await child.#stopAsPart()) });
    this.onDrain(name, async () => throwAll(await child.#drain()));
    return child;
  }

  /** Says that a part died. The first error wins; a life that is stopping ignores it. */
  fail(error: unknown): void {
    if (this.isStopping) return;
    this.#failed.resolve(asError(error));
    this.#parent?.fail(error);
  }

  /** Runs a loop that belongs to this life: its rejection fails the life, and stopping waits for its end. */
  run(name: string, loop: (signal: AbortSignal) => Promise<void>): void {
    const done = loop(this.signal).catch((error: unknown) => {
      if (!this.signal.aborted) this.fail(new Error(`${name} died: ${messageOf(error)}`, { cause: error }));
    });
    this.defer(name, () => done);
  }

  /** Stops: returns every error met on the way, an empty list if all went well. */
  stop({ deadlineMs = 25_000 }: { deadlineMs?: number } = {}): Promise<Error[]> {
    this.#stopping ??= this.#stopWithin(deadlineMs);
    return this.#stopping;
  }

  /** As a part: the one deadline is that of the whole. */
  #stopAsPart(): Promise<Error[]> {
    this.#stopping ??= this.#undoAll([]);
    return this.#stopping;
  }

  async #stopWithin(deadlineMs: number): Promise<Error[]> {
    this.#deadline = Date.now() + deadlineMs;
    const deadline = Promise.withResolvers<"deadline">();
    const timer = setTimeout(() => deadline.resolve("deadline"), deadlineMs);
    const errors: Error[] = [];
    const outcome = await Promise.race([this.#undoAll(errors), deadline.promise]);
    clearTimeout(timer);
    this.#abort.abort();
    if (outcome === "deadline") errors.push(new Error(`${this.#hung()} did not stop within ${deadlineMs} ms`));
    return errors;
  }

  /** Everything that has to be undone, in its order; what goes wrong is added to `errors`, which it returns. */
  async #undoAll(errors: Error[]): Promise<Error[]> {
    errors.push(...(await this.#drain()));
    this.#abort.abort();
    for (let opened = this.#opened.pop(); opened; opened = this.#opened.pop()) {
      this.#undoing = opened;
      await collect(errors, opened);
    }
    return errors;
  }

  /** The innermost part that is being undone now. */
  #hung(): string {
    const { name = "drain", part } = this.#undoing ?? {};
    return part === undefined ? `${this.name}: ${name}` : part.#hung();
  }

  async #drain(): Promise<Error[]> {
    const errors: Error[] = [];
    const drains = this.#drains.splice(0).reverse();
    await Promise.all(drains.map((drain) => collect(errors, drain)));
    return errors;
  }
}

async function collect(errors: Error[], { name, undo }: Opened): Promise<void> {
  try {
    await undo();
  } catch (error) {
    errors.push(new Error(`${name}: ${messageOf(error)}`, { cause: error }));
  }
}

function throwAll(errors: Error[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, errors.map((error) => error.message).join("; "));
}
