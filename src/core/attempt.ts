/** One try of a request: the time it has, who may end it, and what it is sent on. It sends nothing. */

/** undici heeds a signal only once it is connected, which may be never. */
export async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The time of one try, and its connection or whatever it is sent on; ended by its time or by the caller's signal. */
export class Attempt<Way = unknown> {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #caller: AbortSignal | undefined;
  readonly #onCaller = () => this.#abort.abort();
  timedOut = false;
  way: Way | undefined;

  constructor(ms: number, caller: AbortSignal | undefined) {
    this.#caller = caller;
    this.#timer = setTimeout(() => {
      this.timedOut = true;
      this.#abort.abort();
    }, ms);
    caller?.addEventListener("abort", this.#onCaller, { once: true });
    if (caller?.aborted) this.#abort.abort();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whoever asked wants no answer any more. */
  get isGivenUp(): boolean {
    return !this.timedOut && this.#abort.signal.aborted;
  }

  /** An answer that goes on has begun: its time is its own, and the caller may still end it. */
  begun(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#onCaller);
  }
}
