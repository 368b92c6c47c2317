/** What a document tells those who have it open. */

export interface DocumentReader {
  update(update: Uint8Array, generation: string): void;
  awareness(update: Uint8Array): void;
  state(state: DocumentState): void;
  reset(generation: string): void;
}

export interface DocumentState {
  /** Does the file hold all of it? */
  saved: boolean;
  savedAt?: string;
  readOnly?: string;
  error?: string;
}

interface Facts {
  saved: boolean;
  savedAt: Date | undefined;
  readOnly: string | undefined;
  saveProblem: string | undefined;
  logProblem: string | undefined;
  isGone: boolean;
}

const GONE = "The file was deleted or moved away. Its text is kept here; save it to have the file again.";

/** The state as it is told: the gravest problem, in words. */
export function stateOf({ saved, savedAt, readOnly, saveProblem, logProblem, isGone }: Facts): DocumentState {
  const noLog = readOnly === undefined ? logProblem : undefined; // nothing is typed
  const error = isGone ? GONE : (saveProblem ?? noLog);
  return {
    saved,
    ...(savedAt === undefined ? {} : { savedAt: savedAt.toISOString() }),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(error === undefined ? {} : { error }),
  };
}
