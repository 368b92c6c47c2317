/** Who is in a document and where their cursors are: relayed, bounded, under the names that the hub vouches for. */

import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  modifyAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import type * as Y from "yjs";
import { AppError, invalid } from "../../../src/core/errors.ts";

const MAX_UPDATE_BYTES = 16_384;
/** Editors that one socket may have open on one document. */
const MAX_CLIENTS_PER_READER = 8;

export interface Identity {
  account_id: string;
  name: string;
}

export class SharedAwareness {
  readonly #awareness: Awareness;
  /** Yjs client ids by the reader that brought them. */
  readonly #clients = new Map<string, Set<number>>();

  /** @param relay is given each change and the reader it came from. */
  constructor(doc: Y.Doc, relay: (update: Uint8Array, from: unknown) => void) {
    this.#awareness = new Awareness(doc);
    this.#awareness.setLocalState(null);
    this.#awareness.on(
      "update",
      ({ added, updated, removed }: Record<"added" | "updated" | "removed", number[]>, from: unknown) => {
        if (typeof from === "string") this.#note(from, added);
        relay(encodeAwarenessUpdate(this.#awareness, [...added, ...updated, ...removed]), from);
      },
    );
  }

  /** @throws AppError when it is too large or no awareness update. */
  apply(reader: string, update: Uint8Array, identity: Identity): void {
    if (update.length > MAX_UPDATE_BYTES) throw new AppError("too_large", "This state of an editor is too large.");
    if ((this.#clients.get(reader)?.size ?? 0) > MAX_CLIENTS_PER_READER)
      throw invalid("Too many editors on one socket.");
    try {
      applyAwarenessUpdate(
        this.#awareness,
        modifyAwarenessUpdate(update, (state) => signed(state, identity)),
        reader,
      );
    } catch (cause) {
      throw invalid("This is no state of an editor.", { cause });
    }
  }

  /** The states of all, or nothing when nobody has one. */
  current(): Uint8Array | undefined {
    const clients = [...this.#awareness.getStates().keys()];
    return clients.length === 0 ? undefined : encodeAwarenessUpdate(this.#awareness, clients);
  }

  leave(reader: string): void {
    const clients = this.#clients.get(reader);
    this.#clients.delete(reader);
    if (clients !== undefined) removeAwarenessStates(this.#awareness, [...clients], "left");
  }

  destroy(): void {
    this.#awareness.destroy();
  }

  #note(reader: string, added: readonly number[]): void {
    const clients = this.#clients.get(reader) ?? new Set();
    for (const client of added) clients.add(client);
    this.#clients.set(reader, clients);
  }
}

function signed(state: unknown, { account_id, name }: Identity): unknown {
  if (typeof state !== "object" || state === null) return null;
  const user = "user" in state && typeof state.user === "object" ? state.user : {};
  return { ...state, user: { ...user, name, account_id } };
}
