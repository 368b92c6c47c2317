/** What a page knows of a document's state, as it is shown. */

import type { DocumentEvents, SavedState } from "../../protocol/project-documents.ts";

export interface DocumentState extends SavedState {
  /** Nothing is known yet; then something is shown, from this browser or from the server. */
  phase: "opening" | "shown" | "failed";
  /** Why it could not be opened. */
  failure?: { message: string; code: string };
  /** Is the server following? */
  online: boolean;
  /** Typed here and not yet taken by the server. */
  unsent: boolean;
}

type Told = Parameters<DocumentEvents["document_state"]>[0];

/** The state after the server told its own. */
export function afterTold(state: DocumentState, { path: _, ...told }: Told): DocumentState {
  const { phase, online, unsent, savedAt } = state;
  const kept = { phase, online, unsent, ...(savedAt !== undefined && { savedAt }) };
  return { ...kept, ...told };
}
