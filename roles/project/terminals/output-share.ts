/**
 * How much of the server's only thread the output of terminals may take, all together. A program that floods waits for the rest of the time, whether
 * somebody looks or not; one that puts out little is never held up by those.
 */

/** Of the time. */
const SHARE = 1 / 3;
/** A terminal may be so far ahead of its part. */
const AHEAD_MS = 25;
/** Longest time that a program is held up at once: what a shell that ends leaves unread is there for 200 ms. */
const LONGEST_MS = 50;

interface Clock {
  now(): number;
  /** Calls back once; returns how to call it off. */
  after(ms: number, act: () => void): () => void;
}

const SYSTEM: Clock = {
  now: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/** The program of a terminal. */
interface Held {
  pause(): void;
  resume(): void;
}

export class OutputShare {
  readonly #clock: Clock;
  readonly #accounts = new Set<OutputAccount>();

  constructor(clock: Clock = SYSTEM) {
    this.#clock = clock;
  }

  /** For one terminal, until it is closed. */
  open(program: Held): OutputAccount {
    const account = new OutputAccount({
      clock: this.#clock,
      program,
      flooding: (now) => [...this.#accounts].filter(({ paidAt }) => paidAt > now).length,
      close: () => void this.#accounts.delete(account),
    });
    this.#accounts.add(account);
    return account;
  }
}

interface AccountOptions {
  clock: Clock;
  program: Held;
  /** How many terminals are ahead of their part: they divide the share. */
  flooding(now: number): number;
  close(): void;
}

/** States: flowing ⇄ held, until what it took is paid by time that passed. */
export class OutputAccount {
  readonly #options: AccountOptions;
  #paidAt = 0;
  #callOff: (() => void) | undefined;

  constructor(options: AccountOptions) {
    this.#options = options;
  }

  /** When all that it took is paid, by the clock. */
  get paidAt(): number {
    return this.#paidAt;
  }

  /** Does something for the terminal, which counts by the time that it takes. */
  spend(act: () => void): void {
    const { clock, flooding, program } = this.#options;
    const began = clock.now();
    act();
    const now = clock.now();
    this.#paidAt = Math.max(this.#paidAt, began) + ((now - began) * Math.max(1, flooding(now))) / SHARE;
    const waitMs = Math.min(this.#paidAt - now - AHEAD_MS, LONGEST_MS);
    if (waitMs <= 0 || this.#callOff !== undefined) return;
    program.pause();
    this.#callOff = clock.after(waitMs, () => {
      this.#callOff = undefined;
      program.resume();
    });
  }

  /** The program has ended, or is to end: nothing holds it up any more. */
  rest(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#paidAt = 0;
  }

  close(): void {
    this.rest();
    this.#options.close();
  }
}
