/**
 * Shared documents of a project on its socket (`project-socket.ts`).
 *
 * `document_open` → a Yjs state; updates both ways as `document_update` (binary), awareness as `document_awareness`. The text is the
 * Y.Text named DOCUMENT_TEXT (`document-text.ts`), its line endings always "\n" (the file keeps its own). The server sets `user.name` and `user.account_id` in awareness states.
 */

import { z } from "zod";
import { TEXT_ENCODINGS, type TextEncoding, type WrittenAs } from "./document-text.ts";
import { wirePath } from "./project-files.ts";

export const textEncoding = z.enum(Object.keys(TEXT_ENCODINGS) as [TextEncoding, ...TextEncoding[]]); // the object's own keys

export const documentRequests = {
  /** `generation` is the one the client has from before; `vector` its Yjs state vector, to be sent only what it lacks. */
  document_open: z.object({
    path: wirePath,
    /** In which the file is opened where its bytes do not tell what they are, unless others have it open. */
    encoding: textEncoding.optional(),
    generation: z.string().max(64).optional(),
    vector: z.instanceof(Uint8Array).optional(),
  }),
  document_update: z.object({ path: wirePath, generation: z.string().max(64), update: z.instanceof(Uint8Array) }),
  document_awareness: z.object({ path: wirePath, update: z.instanceof(Uint8Array) }),
  document_save: z.object({ path: wirePath }),
  document_close: z.object({ path: wirePath }),
} as const;

export interface DocumentView {
  generation: string;
  /** Yjs update: the whole state, or what the client lacks. */
  update: Uint8Array;
  /** The server's state vector, so that the client can send what the server lacks. */
  vector: Uint8Array;
  /** Undefined when it can be edited. */
  readOnly?: string;
  /** Was the file there when it was opened? */
  exists: boolean;
  /** In which it was opened, where that was not told from its bytes. */
  encoding?: TextEncoding;
  /** The file was moved while the client was away: this is its path now, for all that follows. */
  path?: string;
}

export interface DocumentAnswers {
  document_open: DocumentView;
  document_update: Record<string, never>;
  document_awareness: Record<string, never>;
  document_save: { etag: string };
  document_close: Record<string, never>;
}

/** How far the file on disk is as an open document, and what keeps it from that, in words. */
export interface SavedState {
  /** The file on disk holds all that the server has. */
  saved: boolean;
  savedAt?: string;
  /** Why it was written in place; else it was replaced at once. */
  inPlace?: string;
  /** Why it cannot be edited. */
  readOnly?: string;
  /** Why it cannot be saved now. */
  error?: string;
  /** There is no file; `document_save` makes it. */
  missing?: string;
  /** The encoding that somebody chose, as long as the bytes do not tell theirs. */
  encoding?: TextEncoding;
  /** How the text is written into the file. */
  writtenAs?: WrittenAs;
}

export interface DocumentEvents {
  document_update: (change: { path: string; generation: string; update: Uint8Array }) => void;
  document_awareness: (change: { path: string; update: Uint8Array }) => void;
  document_state: (state: SavedState & { path: string }) => void;
  /** The document was begun anew (its log was lost) or its file was moved: open it again; of another generation, rebase by difference. */
  document_reset: (reset: { path: string; generation: string }) => void;
}
