/** The clock of one watch: ends it for silence, for the next relist, or because its reflector stops. It reads nothing. */

/** `signal` is aborted at the first of the three, and `verdict` says which it was; `close` ends the clock with no verdict. */
export class Watchdog {
  readonly #abort = new AbortController();
  readonly #silence: NodeJS.Timeout;
  readonly #due: NodeJS.Timeout;
  readonly #stop: AbortSignal;
  readonly #onStop = () => this.#end("stopped");
  verdict: "silence" | "due" | "stopped" | undefined;

  constructor(stop: AbortSignal, { silenceMs, leftMs }: { silenceMs: number; leftMs: number }) {
    this.#stop = stop;
    this.#silence = setTimeout(() => this.#end("silence"), silenceMs);
    this.#due = setTimeout(() => this.#end("due"), leftMs);
    stop.addEventListener("abort", this.#onStop, { once: true });
    if (stop.aborted) this.#end("stopped");
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  alive(): void {
    this.#silence.refresh();
  }

  close(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#due);
    this.#stop.removeEventListener("abort", this.#onStop);
    this.#abort.abort(); // frees the response also where an error left it open
  }

  #end(verdict: NonNullable<Watchdog["verdict"]>): void {
    this.verdict ??= verdict;
    this.#abort.abort();
  }
}
