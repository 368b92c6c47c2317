/** When a socket that was lost is connected again: ever later, spread, and soon again only after a session that worked. It sends nothing. */

interface Connectable {
  readonly connected: boolean;
  connect(): unknown;
}

export interface ReconnectOptions {
  firstMs: number;
  maxMs: number;
  /** A session that worked for so long begins the waiting anew: one that is let in and thrown out does not. */
  workedMs?: number;
  /** From 0 to 1. */
  random?: () => number;
}

/** How long to wait after so many failures in a row: twice as long as after the one before, times 0.5 to 1.5, up to the most. */
export function waitMs(failures: number, { firstMs, maxMs, random = Math.random }: ReconnectOptions): number {
  return Math.min(firstMs * 2 ** (failures - 1), maxMs) * (0.5 + random());
}

const WORKED_MS = 10_000;
/** All pages of a network are online at the same moment. */
const ONLINE_SPREAD_MS = 500;

/**
 * States: resting (nothing is to be connected) → waiting ⇄ connected. Each loss waits longer than the one before, spread by chance; so many pages
 * that lose one server at one moment do not come back at one moment.
 */
export class Reconnect {
  readonly #socket: Connectable;
  readonly #options: Required<ReconnectOptions>;
  #losses = 0;
  #workingSince: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(socket: Connectable, options: ReconnectOptions) {
    this.#socket = socket;
    this.#options = { workedMs: WORKED_MS, random: Math.random, ...options };
  }

  /** How often in a row it was lost or refused. */
  get losses(): number {
    return this.#losses;
  }

  /** The server has answered something of use. */
  works(): void {
    this.#workingSince ??= performance.now();
  }

  /** It was lost or refused: it is connected again after a while. */
  lost(): void {
    const { workedMs } = this.#options;
    const worked = this.#workingSince !== undefined && performance.now() - this.#workingSince >= workedMs;
    this.#workingSince = undefined;
    this.#losses = worked ? 1 : this.#losses + 1;
    this.#after(waitMs(this.#losses, this.#options));
  }

  /** The network has just come back: no need to wait longer. */
  soon(): void {
    if (this.#timer !== undefined) this.#after(this.#options.random() * ONLINE_SPREAD_MS);
  }

  /** Nothing is to be connected any more. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#losses = 0;
    this.#workingSince = undefined;
  }

  #after(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#socket.connected) this.#socket.connect();
    }, ms);
  }
}
