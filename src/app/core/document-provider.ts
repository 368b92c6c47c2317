/** A shared document as one window holds it: opens from what is known, sends and takes changes, keeps what was typed offline, merges it later. */

import { applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from "y-protocols/awareness";
import * as Y from "yjs";
import { type TextEncoding, WRITTEN_PLAINLY } from "../../protocol/document-text.ts";
import { type Move, movedPath } from "../../protocol/moved-path.ts";
import type { DocumentView } from "../../protocol/project-documents.ts";
import type { SharedContent } from "../../text/shared-content.ts";
import type { DocumentKeeper, KeptDocument } from "./document-keeper.ts";
import { afterTold, type DocumentState } from "./document-state.ts";
import { KeptCopy } from "./kept-copy.ts";
import { closeLive, type DocumentUser, forgetOthers, type LiveDocument, openLive, REMOTE } from "./live-document.ts";
import type { ProjectConnection } from "./project-connection.ts";
import { isOffline, RequestError, wordsOf } from "./request-error.ts";
import { Store } from "./store.ts";
import { bytes, hasContent, owned } from "./yjs-bytes.ts";

const TRY_AGAIN_MS = 2_000;

export interface DocumentOptions {
  connection: ProjectConnection;
  keeper: DocumentKeeper;
  content: SharedContent;
  path: string;
  /** Told when it turns out at opening that the file was moved while nobody listened. */
  onMoved?: ((move: Move) => void) | undefined;
  /** Account and project: with the path they name the document in the keeper. */
  space: string;
  user: DocumentUser;
}

/** Answers after which the same update is refused again, however often it is sent. */
const FOR_GOOD = new Set(["invalid", "unsupported", "forbidden", "not_found"]);

/**
 * A document has a generation, given by the server. While it stays the same, states are merged by Yjs: what the server lacks is sent after
 * every (re)connect. When it has become another one, the local content is one of another history: merging the two would double it. So the
 * difference between the last content that the server had (`base`) and the local one is applied to the new document, once. The same is
 * done, but for what is too large, when the server does not take an update: what was typed later builds upon that.
 */
export class DocumentProvider {
  /** Where the file is: it changes when the file is moved. */
  readonly path: Store<string>;
  /** Where in the content this person's cursor was last, as its editor counts. */
  cursor = 0;
  readonly live: Store<LiveDocument>;
  readonly state = new Store<DocumentState>({ phase: "opening", online: false, unsent: false, saved: true });
  /** What was taken back since it was too large, in words, each time anew. */
  readonly takenBack = new Store<{ words: string } | undefined>(undefined);
  readonly #options: DocumentOptions;
  readonly #undo: (() => void)[] = [];
  /** The encoding in which it is to be opened next. */
  #wanted: TextEncoding | undefined;
  #generation: string | undefined;
  #base = "";
  #inFlight = 0;
  /** Changes of the state that is being opened: they follow its answer so closely that they are seen before it. */
  #early: { generation: string; update: Uint8Array | ArrayBuffer }[] = [];
  /** An update was refused or not answered: only opening anew tells what the server lacks. */
  #isBehind = false;
  /** What the server lacks it will never take. */
  #isRefused = false;
  /** What the server lacks was too large for it. */
  #isTooLarge = false;
  /** Nobody looks at it: it is kept here with its undo, and the server is not asked to follow. */
  #isResting = false;
  #opening: Promise<void> = Promise.resolve();
  #nextOpening: Promise<void> | undefined;
  #closed = false;
  #isPresent = true;
  readonly #loaded: Promise<void>;
  readonly #kept: KeptCopy;

  constructor(options: DocumentOptions) {
    this.#options = options;
    this.path = new Store(options.path);
    this.#kept = new KeptCopy({ keeper: options.keeper, key: () => this.#key, read: () => this.#toKeep() });
    this.live = new Store(this.#newLive());
    this.#listen();
    this.#loaded = this.#load();
    void this.#loaded.then(() => this.#follow());
  }

  /** Writes the file now. @throws RequestError */
  async save(): Promise<void> {
    await this.#options.connection.request("document_save", { path: this.path.get() });
  }

  /** Opens it in another encoding. Says whether it is open so: not while others have it open, nor where its bytes tell what they are. */
  async openAs(encoding: TextEncoding): Promise<boolean> {
    this.#wanted = encoding;
    await this.#open();
    return this.state.get().encoding === encoding;
  }

  /** Goes on after `rest`. */
  wake(): void {
    this.#isResting = false;
    this.setPresent(true);
    if (!this.state.get().online) this.#follow();
  }

  /** Lets the server go and keeps all that is here, undo included; whoever can wait awaits `settled` first. */
  rest(): void {
    this.#isResting = true;
    this.#leaveServer();
    forgetOthers(this.live.get());
    this.#change({ online: false });
    this.#kept.soon();
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
    if (!this.#isResting) this.#leaveServer();
    await this.#kept.close();
    closeLive(this.live.get());
  }

  #leaveServer(): void {
    const { connection } = this.#options;
    if (connection.status.get() === "online")
      void connection.request("document_close", { path: this.path.get() }).catch(() => {}); // the socket's end closes it too
  }

  async #load(): Promise<void> {
    const kept = await this.#kept.load();
    if (kept === undefined || this.#closed) return;
    this.#generation = kept.generation;
    this.#base = kept.base;
    const { doc } = this.live.get();
    Y.applyUpdate(doc, kept.state, REMOTE);
    this.#change({ phase: "shown", unsent: this.#options.content.contentOf(doc) !== kept.base });
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
        if (!isMine(change)) return;
        if (change.generation !== this.#generation || this.#isTooLarge) this.#early.push(change);
        else {
          Y.applyUpdate(this.live.get().doc, bytes(change.update), REMOTE);
          this.#synced();
        }
      }),
      connection.on("document_awareness", (change) => {
        if (isMine(change)) applyAwarenessUpdate(this.live.get().awareness, bytes(change.update), REMOTE);
      }),
      connection.on("document_state", (told) => {
        if (isMine(told)) this.state.update((state) => afterTold(state, told));
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
    void this.#kept.movedFrom(before);
  }

  #follow(): void {
    if (this.#closed || this.#isResting) return;
    if (this.#options.connection.status.get() === "online") void this.#loaded.then(() => this.#open());
    else if (this.state.get().online) {
      forgetOthers(this.live.get());
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
    if (this.#closed || this.#isResting || connection.status.get() !== "online") return;
    const generation = this.#generation;
    const isKnown = generation !== undefined && !this.#isTooLarge; // else all of it is wanted
    const since = isKnown ? { generation, vector: owned(Y.encodeStateVector(this.live.get().doc)) } : {};
    const encoding = this.#wanted === undefined ? {} : { encoding: this.#wanted };
    this.#early = [];
    try {
      const view = await connection.request("document_open", { path, ...since, ...encoding });
      if (!this.#closed && !this.#isResting) this.#opened(view);
    } catch (error) {
      const { encoding: chosen } = this.state.get();
      const isForgotten = error instanceof RequestError && error.code === "unsupported" && chosen !== undefined;
      if (!isForgotten || this.#wanted !== undefined) return this.#failed(error);
      this.#wanted = chosen; // the project knows no longer what somebody chose
      await this.#openNow();
    }
  }

  #failed(error: unknown): void {
    if (this.#closed || this.#isResting) return; // it was let go while it was being opened
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
    const before = this.live.get();
    const isAnother = this.#isTooLarge || (known !== undefined && known !== view.generation);
    if (isAnother) this.live.set(this.#newLive());
    this.#generation = view.generation;
    this.#isBehind = false;
    this.#isRefused = false;
    const { doc } = this.live.get();
    Y.applyUpdate(doc, bytes(view.update), REMOTE);
    for (const { generation, update } of this.#early.splice(0))
      if (generation === view.generation) Y.applyUpdate(doc, bytes(update), REMOTE);
    const { readOnly, encoding } = view;
    this.#wanted = undefined;
    const told = { ...(readOnly !== undefined && { readOnly }), ...(encoding !== undefined && { encoding }) };
    const { readOnly: _, encoding: __, ...state } = this.state.get(); // the file, or what its reader may, is another one now
    this.state.set({ ...state, phase: "shown", online: true, ...told });
    if (isAnother) this.#rebase(before, doc);
    const lacking = Y.encodeStateAsUpdate(doc, bytes(view.vector));
    if (readOnly === undefined && hasContent(lacking)) this.#send(lacking);
    else if (readOnly === undefined || !this.state.get().unsent) this.#synced();
    if (this.#isPresent) this.#announce();
    this.#kept.soon();
  }

  /** Brings what was changed in the old document since the server had it into the new one. */
  #rebase(before: LiveDocument, doc: Y.Doc): void {
    const { content } = this.#options;
    const now = content.contentOf(doc);
    const within = this.#isTooLarge ? (this.state.get().writtenAs ?? WRITTEN_PLAINLY) : undefined;
    content.merge(doc, { base: this.#base, theirs: content.contentOf(before.doc), within }, REMOTE);
    this.#isTooLarge = false;
    this.#base = now;
    closeLive(before);
  }

  #newLive(): LiveDocument {
    return openLive(this.#options.content, this.#isPresent ? this.#options.user : undefined, {
      update: (update, isLocal) => {
        if (isLocal) this.#send(update);
        this.#kept.soon();
      },
      moved: () => this.#announce(),
    });
  }

  #send(update: Uint8Array): void {
    const { connection } = this.#options;
    const path = this.path.get();
    const generation = this.#generation;
    this.#change({ unsent: true });
    if (!this.state.get().online || generation === undefined || connection.status.get() !== "online") return;
    if (update.length > 2 * this.#options.content.limit.bytes) return void this.#takeBack();
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
    if (code === "too_large") this.#takeBack();
    else if (FOR_GOOD.has(code)) {
      this.#isRefused = true;
      this.#change({ error: wordsOf(error) });
    } else if (code === "conflict") void this.#open();
    else this.#openAgain();
  }

  /** The server does not take so much at once: all but that is brought into what it has. */
  #takeBack(): void {
    this.#isBehind = true;
    this.#isTooLarge = true;
    this.takenBack.set({ words: this.#options.content.limit.words });
    void this.#open();
  }

  /** All that is here, the server has. */
  #synced(): void {
    if (this.#inFlight > 0 || this.#isBehind || !this.state.get().online) return;
    this.#base = this.#options.content.contentOf(this.live.get().doc);
    this.#change({ unsent: false });
    this.#kept.soon();
  }

  #announce(): void {
    const { connection } = this.#options;
    const path = this.path.get();
    if (this.#closed || connection.status.get() !== "online" || !this.state.get().online) return;
    const { awareness, doc } = this.live.get();
    const update = owned(encodeAwarenessUpdate(awareness, [doc.clientID]));
    void connection.request("document_awareness", { path, update }).catch(() => {}); // cursors are told again with the next move
  }

  #toKeep(): KeptDocument | undefined {
    const generation = this.#generation;
    if (generation === undefined) return undefined;
    const state = Y.encodeStateAsUpdate(this.live.get().doc);
    return { generation, state, base: this.#base, unsent: this.state.get().unsent };
  }

  #change(change: Partial<DocumentState>): void {
    this.state.update((state) => ({ ...state, ...change }));
  }
}
