/** A shared text as one window holds it: opens from what is known, sends and takes changes, keeps what was typed offline, merges it later. */

import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import * as Y from "yjs";
import { type Move, movedPath } from "../../protocol/moved-path.ts";
import type { DocumentView } from "../../protocol/project-documents.ts";
import { mergeChanges } from "../../text/text-merge.ts";
import { applyToText, textOf } from "../../text/yjs-text.ts";
import type { DocumentKeeper, KeptDocument } from "./document-keeper.ts";
import type { ProjectConnection } from "./project-connection.ts";
import { isOffline, RequestError, wordsOf } from "./request-error.ts";
import { Store } from "./store.ts";

const KEEP_AFTER_MS = 250;
const TRY_AGAIN_MS = 2_000;

/** What an editor binds to; another one after the document was begun anew. */
export interface LiveDocument {
  doc: Y.Doc;
  text: Y.Text;
  awareness: Awareness;
}

export interface DocumentState {
  /** Nothing is known yet; then something is shown, from this browser or from the server. */
  phase: "opening" | "shown" | "failed";
  /** Why it could not be opened. */
  failure?: { message: string; code: string };
  /** Is the server following? */
  online: boolean;
  /** Typed here and not yet taken by the server. */
  unsent: boolean;
  /** The file on disk holds all that the server has. */
  saved: boolean;
  savedAt?: string;
  /** Why it cannot be edited. */
  readOnly?: string;
  /** Why it cannot be saved now. */
  error?: string;
}

export interface DocumentUser {
  name: string;
  color: string;
  colorLight: string;
}

export interface DocumentOptions {
  connection: ProjectConnection;
  keeper: DocumentKeeper;
  path: string;
  /** Told when it turns out at opening that the file was moved while nobody listened. */
  onMoved?: ((move: Move) => void) | undefined;
  /** Account and project: with the path they name the document in the keeper. */
  space: string;
  user: DocumentUser;
}

/** Marks changes that came from the server or the keeper: they are not sent back. */
const REMOTE = "remote";
/** Answers after which the same update is refused again, however often it is sent. */
const FOR_GOOD = new Set(["invalid", "too_large", "forbidden", "not_found"]);

/**
 * A document has a generation, given by the server. While it stays the same, states are merged by Yjs: what the server lacks is sent after
 * every (re)connect. When it has become another one, the local text is a text of another history: merging the two would double it. So the
 * difference between the last text that the server had (`base`) and the local text is applied to the new document, once.
 */
export class DocumentProvider {
  /** Where the file is: it changes when the file is moved. */
  readonly path: Store<string>;
  /** Unit in the text at which this person's cursor was last. */
  cursor = 0;
  readonly live: Store<LiveDocument>;
  readonly state = new Store<DocumentState>({ phase: "opening", online: false, unsent: false, saved: true });
  readonly #options: DocumentOptions;
  readonly #undo: (() => void)[] = [];
  #generation: string | undefined;
  #base = "";
  #inFlight = 0;
  /** An update was refused or not answered: only opening anew tells what the server lacks. */
  #isBehind = false;
  /** What the server lacks it will never take. */
  #isRefused = false;
  #opening: Promise<void> = Promise.resolve();
  #nextOpening: Promise<void> | undefined;
  #keepTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #isPresent = true;
  readonly #loaded: Promise<void>;

  constructor(options: DocumentOptions) {
    this.#options = options;
    this.path = new Store(options.path);
    this.live = new Store(this.#newLive());
    this.#listen();
    this.#loaded = this.#load();
    void this.#loaded.then(() => this.#follow());
  }

  /** Writes the file now. @throws RequestError */
  async save(): Promise<void> {
    await this.#options.connection.request("document_save", { path: this.path.get() });
  }

  /** Opens again after a failure. */
  async retry(): Promise<void> {
    await this.#open();
  }

  /** Resolves when nothing typed here waits for the server any more: it has everything, or will not take the rest, which is then kept in this browser. */
  async settled(): Promise<void> {
    await this.#loaded;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      const { unsent, readOnly, phase } = this.state.get();
      if (!unsent || this.#isRefused || readOnly !== undefined || phase === "failed" || this.#closed) resolve();
    };
    const end = this.state.subscribe(look);
    look();
    await promise;
    end();
  }

  /** Shows this person among those who have it open, or no longer. */
  setPresent(present: boolean): void {
    this.#isPresent = present;
    const { awareness } = this.live.get();
    awareness.setLocalState(present ? { user: this.#options.user } : null);
  }

  /** Keeps what is here and lets go at once; whoever can wait awaits `settled` first. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const undo of this.#undo) undo();
    const { awareness, doc } = this.live.get();
    removeAwarenessStates(awareness, [doc.clientID], "close");
    if (this.#options.connection.status.get() === "online")
      void this.#options.connection.request("document_close", { path: this.path.get() }).catch(() => {}); // the socket's end closes it too
    await this.#keep();
    awareness.destroy();
    doc.destroy();
  }

  async #load(): Promise<void> {
    const kept = await this.#options.keeper.load(this.#key).catch(() => undefined); // then the server alone knows
    if (kept === undefined || this.#closed) return;
    this.#generation = kept.generation;
    this.#base = kept.base;
    const { doc, text } = this.live.get();
    Y.applyUpdate(doc, kept.state, REMOTE);
    this.#change({ phase: "shown", unsent: text.toString() !== kept.base });
  }

  get #key(): string {
    return `${this.#options.space}/${this.path.get()}`;
  }

  #listen(): void {
    const { connection } = this.#options;
    const isMine = (event: { path: string }) => event.path === this.path.get();
    this.#undo.push(
      connection.status.subscribe(() => this.#follow()),
      connection.on("document_update", (change) => {
        if (!isMine(change) || change.generation !== this.#generation) return;
        Y.applyUpdate(this.live.get().doc, bytes(change.update), REMOTE);
        this.#synced();
      }),
      connection.on("document_awareness", (change) => {
        if (isMine(change)) applyAwarenessUpdate(this.live.get().awareness, bytes(change.update), REMOTE);
      }),
      connection.on("document_state", (told) => {
        if (!isMine(told)) return;
        const { saved, savedAt, readOnly, error } = told;
        const { phase, online, unsent, savedAt: before } = this.state.get();
        const at = savedAt ?? before;
        this.state.set({
          phase,
          online,
          unsent,
          saved,
          ...(at !== undefined && { savedAt: at }),
          ...(readOnly !== undefined && { readOnly }),
          ...(error !== undefined && { error }),
        });
      }),
      connection.on("document_reset", (reset) => {
        if (isMine(reset)) void this.#open();
      }),
      connection.on("files_moved", (move) => this.#moveTo(movedPath(this.path.get(), move))),
    );
  }

  /** Goes on under another path; what the browser keeps goes along. */
  #moveTo(to: string | undefined): void {
    if (to === undefined || to === this.path.get()) return;
    const before = this.#key;
    this.path.set(to);
    void this.#keep().then(() => this.#options.keeper.remove(before));
  }

  #follow(): void {
    if (this.#closed) return;
    if (this.#options.connection.status.get() === "online") void this.#loaded.then(() => this.#open());
    else if (this.state.get().online) {
      const { awareness, doc } = this.live.get();
      const others = [...awareness.getStates().keys()].filter((id) => id !== doc.clientID);
      removeAwarenessStates(awareness, others, REMOTE);
      this.#change({ online: false, unsent: this.state.get().unsent || this.#inFlight > 0 });
    }
  }

  /** One at a time; a reset that comes meanwhile opens once more. */
  #open(): Promise<void> {
    this.#nextOpening ??= this.#opening.then(() => {
      this.#nextOpening = undefined;
      return this.#openNow();
    });
    this.#opening = this.#nextOpening;
    return this.#nextOpening;
  }

  async #openNow(): Promise<void> {
    const { connection } = this.#options;
    const path = this.path.get();
    if (this.#closed || connection.status.get() !== "online") return;
    const since =
      this.#generation === undefined
        ? {}
        : { generation: this.#generation, vector: owned(Y.encodeStateVector(this.live.get().doc)) };
    try {
      const view = await connection.request("document_open", { path, ...since });
      if (!this.#closed) this.#opened(view);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (isOffline(error)) return void this.#openAgain(); // where the connection is gone, the next one opens it
    const code = error instanceof RequestError ? error.code : "internal";
    const failure = { message: wordsOf(error), code };
    this.#isRefused = FOR_GOOD.has(code);
    if (this.state.get().phase !== "shown") this.#change({ phase: "failed", failure, online: false });
    else this.#change({ error: failure.message, online: false });
    if (code === "unavailable" || code === "timeout" || code === "rate_limited") this.#openAgain();
  }

  #openAgain(): void {
    if (this.#options.connection.status.get() === "online") setTimeout(() => void this.#open(), TRY_AGAIN_MS);
  }

  #opened(view: DocumentView): void {
    if (view.path !== undefined) {
      const from = this.path.get();
      this.#moveTo(view.path);
      this.#options.onMoved?.({ from, to: view.path });
    }
    const known = this.#generation;
    const offline = known !== undefined && known !== view.generation ? this.live.get().text.toString() : undefined;
    if (offline !== undefined) this.live.set(this.#newLive());
    this.#generation = view.generation;
    this.#isBehind = false;
    this.#isRefused = false;
    const { doc } = this.live.get();
    Y.applyUpdate(doc, bytes(view.update), REMOTE);
    const readOnly = view.readOnly;
    this.#change({ phase: "shown", online: true, ...(readOnly !== undefined && { readOnly }) });
    if (offline !== undefined) this.#rebase(offline, this.live.get());
    const lacking = Y.encodeStateAsUpdate(doc, bytes(view.vector));
    if (readOnly === undefined && hasContent(lacking)) this.#send(lacking);
    else if (readOnly === undefined || !this.state.get().unsent) this.#synced();
    if (this.#isPresent) this.#announce();
    this.#keepSoon();
  }

  #rebase(offline: string, { doc, text }: LiveDocument): void {
    const now = text.toString();
    applyToText(doc, mergeChanges(this.#base, now, offline), REMOTE);
    this.#base = now;
  }

  #newLive(): LiveDocument {
    const doc = new Y.Doc();
    const awareness = new Awareness(doc);
    awareness.setLocalState(this.#isPresent ? { user: this.#options.user } : null);
    doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== REMOTE) this.#send(update);
      this.#keepSoon();
    });
    awareness.on("update", (_: unknown, origin: unknown) => {
      if (origin !== REMOTE) this.#announce();
    });
    return { doc, text: textOf(doc), awareness };
  }

  #send(update: Uint8Array): void {
    const { connection } = this.#options;
    const path = this.path.get();
    const generation = this.#generation;
    this.#change({ unsent: true });
    if (!this.state.get().online || generation === undefined || connection.status.get() !== "online") return;
    this.#inFlight += 1;
    this.#change({ saved: false });
    void connection.request("document_update", { path, generation, update: owned(update) }).then(
      () => {
        this.#inFlight -= 1;
        this.#synced();
      },
      (error: unknown) => {
        this.#inFlight -= 1;
        this.#notTaken(error);
      },
    );
  }

  /** Another generation, or it must be opened anew, or there was no answer: opening tells what the server lacks. */
  #notTaken(error: unknown): void {
    this.#isBehind = true;
    const code = error instanceof RequestError ? error.code : "internal";
    if (FOR_GOOD.has(code)) {
      this.#isRefused = true;
      this.#change({ error: wordsOf(error) });
    } else if (code === "conflict") void this.#open();
    else this.#openAgain();
  }

  /** All that is here, the server has. */
  #synced(): void {
    if (this.#inFlight > 0 || this.#isBehind || !this.state.get().online) return;
    this.#base = this.live.get().text.toString();
    this.#change({ unsent: false });
    this.#keepSoon();
  }

  #announce(): void {
    const { connection } = this.#options;
    const path = this.path.get();
    if (this.#closed || connection.status.get() !== "online" || !this.state.get().online) return;
    const { awareness, doc } = this.live.get();
    const update = owned(encodeAwarenessUpdate(awareness, [doc.clientID]));
    void connection.request("document_awareness", { path, update }).catch(() => {}); // cursors are told again with the next move
  }

  #keepSoon(): void {
    if (this.#closed) return;
    this.#keepTimer ??= setTimeout(() => void this.#keep(), KEEP_AFTER_MS);
  }

  async #keep(): Promise<void> {
    clearTimeout(this.#keepTimer);
    this.#keepTimer = undefined;
    const generation = this.#generation;
    if (generation === undefined) return;
    const state = Y.encodeStateAsUpdate(this.live.get().doc);
    const kept: KeptDocument = { generation, state, base: this.#base, unsent: this.state.get().unsent };
    await this.#options.keeper.save(this.#key, kept).catch(() => {}); // storage is full: the page still holds it
  }

  #change(change: Partial<DocumentState>): void {
    this.state.update((state) => ({ ...state, ...change }));
  }
}

/** socket.io gives a Uint8Array, an ArrayBuffer or a Buffer, by platform. */
function bytes(binary: Uint8Array | ArrayBuffer): Uint8Array {
  return binary instanceof Uint8Array ? binary : new Uint8Array(binary);
}

/** Yjs allocates its own buffers, never shared ones; its types do not say so. */
const owned = (update: Uint8Array) => update as Uint8Array<ArrayBuffer>;

/** An update without structs and deletions is two zero bytes. */
const hasContent = (update: Uint8Array): boolean => update.length > 2;
