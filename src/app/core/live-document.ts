/** The shared state that an editor binds to: the document, cursors of all, and what this person can undo. */

import { Awareness, removeAwarenessStates } from "y-protocols/awareness";
import * as Y from "yjs";
import type { SharedContent } from "../../text/shared-content.ts";

/** Another one is begun when the document was begun anew. */
export interface LiveDocument {
  doc: Y.Doc;
  awareness: Awareness;
  /** Outlives the editor, so that coming back to a tab finds it. */
  undo: Y.UndoManager;
}

export interface DocumentUser {
  name: string;
  color: string;
  colorLight: string;
}

/** Marks changes that came from the server or the keeper: they are not sent back, and nobody undoes them. */
export const REMOTE = "remote";
/** Edits within this time are undone together. */
const UNDONE_TOGETHER_MS = 400;

export interface LiveListener {
  /** An update of the document, and whether it was made here. */
  update: (update: Uint8Array, isLocal: boolean) => void;
  /** This person's own cursor or presence changed. */
  moved: () => void;
}

export function openLive(
  content: SharedContent,
  user: DocumentUser | undefined,
  { update: onUpdate, moved }: LiveListener,
): LiveDocument {
  const doc = new Y.Doc();
  const awareness = new Awareness(doc);
  awareness.setLocalState(user === undefined ? null : { user });
  doc.on("update", (update: Uint8Array, origin: unknown) => onUpdate(update, origin !== REMOTE));
  awareness.on("update", (_: unknown, origin: unknown) => {
    if (origin !== REMOTE) moved();
  });
  return { doc, awareness, undo: new Y.UndoManager(content.undoable(doc), { captureTimeout: UNDONE_TOGETHER_MS }) };
}

/** The others are not known to be there any more. */
export function forgetOthers({ awareness, doc }: LiveDocument): void {
  const others = [...awareness.getStates().keys()].filter((id) => id !== doc.clientID);
  removeAwarenessStates(awareness, others, REMOTE);
}

export function closeLive({ doc, awareness, undo }: LiveDocument): void {
  undo.destroy();
  awareness.destroy();
  doc.destroy();
}
