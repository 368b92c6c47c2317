/** Who is in a document and where their cursors are: relayed, bounded, paced, under the names that the hub vouches for. */

import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  modifyAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import type * as Y from "yjs";
import { AppError, forbidden, invalid } from "../../../src/core/errors.ts";
import type { TokenBucket } from "../../../src/core/token-buckets.ts";
import { type CursorSource, PacedCursors } from "./paced-cursors.ts";

const MAX_UPDATE_BYTES = 16_384;
/** Editors that one socket may have open on one document. */
const MAX_CLIENTS_PER_READER = 8;

export interface Participant {
  account_id: string;
  name: string;
}

/** Who moves a cursor. */
export interface Mover extends Participant {
  /** Bytes that their socket may have others told of cursors. */
  budget: TokenBucket;
}

type Change = Record<"added" | "updated" | "removed", number[]>;

export class SharedAwareness {
  readonly #awareness: Awareness;
  /** Which reader brought the state of a Yjs client last. */
  readonly #owners = new Map<number, string>();
  readonly #paced: PacedCursors;
  /** Whose update is being applied. */
  #source: CursorSource | undefined;

  /** @param relay is given changes, of several that follow fast the last, and the reader they came from. */
  constructor(doc: Y.Doc, relay: (update: Uint8Array, from: unknown) => void) {
    this.#awareness = new Awareness(doc);
    this.#awareness.setLocalState(null);
    const tell = (clients: number[], from: unknown) => {
      const update = encodeAwarenessUpdate(this.#awareness, clients);
      this.#paced.told(clients);
      relay(update, from);
      this.#forget(clients);
      return update.length;
    };
    this.#paced = new PacedCursors(tell);
    this.#awareness.on("update", ({ added, updated, removed }: Change, from: unknown) => {
      const clients = [...added, ...updated, ...removed];
      if (this.#source === undefined) return void tell(clients, from); // they left
      for (const client of [...added, ...updated]) this.#owners.set(client, this.#source.reader);
      this.#paced.moved(clients, this.#source);
    });
  }

  /** @throws AppError when it is too large, brings too many editors or somebody else's, or is no awareness update. */
  apply(reader: string, update: Uint8Array, { budget, ...identity }: Mover): void {
    if (update.length > MAX_UPDATE_BYTES) throw new AppError("too_large", "This state of an editor is too large.");
    const clients = understood(() => clientsIn(update));
    if (new Set([...this.#clientsOf(reader), ...clients]).size > MAX_CLIENTS_PER_READER)
      throw invalid("Too many editors on one socket.");
    if (clients.some((client) => (this.#accountOf(client) ?? identity.account_id) !== identity.account_id))
      throw forbidden("This editor is somebody else's.");
    understood(() => {
      const named = modifyAwarenessUpdate(update, (state) => signed(state, identity));
      this.#source = { reader, budget };
      try {
        applyAwarenessUpdate(this.#awareness, named, reader);
      } finally {
        this.#source = undefined;
      }
    });
    this.#forget(clients);
  }

  /** The states of all, or nothing when nobody has one. */
  current(): Uint8Array | undefined {
    const clients = [...this.#awareness.getStates().keys()];
    return clients.length === 0 ? undefined : encodeAwarenessUpdate(this.#awareness, clients);
  }

  leave(reader: string): void {
    removeAwarenessStates(this.#awareness, this.#clientsOf(reader), "left");
  }

  destroy(): void {
    this.#paced.end();
    this.#awareness.destroy();
  }

  /** Whose a client with a state is: it comes by another reader when its page comes back, and never by another account. */
  #accountOf(client: number): unknown {
    return this.#awareness.getStates().get(client)?.user?.account_id;
  }

  #clientsOf(reader: string): number[] {
    return [...this.#owners].filter(([, owner]) => owner === reader).map(([client]) => client);
  }

  /** Of those without a state nothing is kept once all know; the library would keep the clock of every client that was ever named. */
  #forget(clients: readonly number[]): void {
    for (const client of clients) {
      if (this.#awareness.states.has(client) || this.#paced.isWaiting(client)) continue;
      this.#owners.delete(client);
      this.#awareness.meta.delete(client);
    }
  }
}

/** @throws AppError `invalid` for what cannot be read. */
function understood<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw invalid("This is no state of an editor.", { cause });
  }
}

/** The Yjs clients that an update names. Its form: how many, then for each its id, a clock, the length of its state and that; numbers are varints. */
function clientsIn(update: Uint8Array): number[] {
  let at = 0;
  const next = () => {
    for (let value = 0, unit = 1; ; unit *= 128) {
      const byte = update[at++];
      if (byte === undefined) throw new Error("the update is cut off");
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  const clients: number[] = [];
  for (let left = next(); left > 0; left--) {
    clients.push(next());
    next(); // the clock
    const length = next();
    at += length;
  }
  return clients;
}

function signed(state: unknown, { account_id, name }: Participant): unknown {
  if (typeof state !== "object" || state === null) return null;
  const user = "user" in state && typeof state.user === "object" ? state.user : {};
  return { ...state, user: { ...user, name, account_id } };
}
