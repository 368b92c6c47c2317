/** How somebody has a document open, and what it tells them. */

import type { TextEncoding, WrittenAs } from "../../../src/protocol/document-text.ts";
import type { SavedState } from "../../../src/protocol/project-documents.ts";

export interface DocumentReader {
  update(update: Uint8Array, generation: string): void;
  awareness(update: Uint8Array): void;
  state(state: SavedState): void;
  reset(generation: string): void;
}

/** How a reader joins. */
export interface Joining {
  /** What it has from before. */
  generation?: string | undefined;
  vector?: Uint8Array | undefined;
  /** In which it wants the file to be opened, unless others have it open. */
  encoding?: TextEncoding | undefined;
  /** Called in the instant in which the reader is added; what it throws refuses it. */
  admit: () => void;
}

interface Facts {
  saved: boolean;
  disk: {
    savedAt: Date | undefined;
    inPlace: string | undefined;
    readOnly: string | undefined;
    wasThere: boolean;
    missing: string;
    encoding: TextEncoding | undefined;
    writtenAs: WrittenAs | undefined;
  };
  saveProblem: string | undefined;
  logProblem: string | undefined;
  isMissing: boolean;
  isEmpty: boolean;
}

const GONE = "The file was deleted or moved away.";
const KEPT = "Its text is kept here; save it to have the file";

/** The state as it is told: the gravest problem, in words. */
export function stateOf({ saved, disk, saveProblem, logProblem, isMissing, isEmpty }: Facts): SavedState {
  const { savedAt, inPlace, readOnly, wasThere, encoding, writtenAs } = disk;
  const noLog = readOnly === undefined ? logProblem : undefined; // nothing is typed
  const missing = wasThere ? GONE : disk.missing;
  const kept = isEmpty && !wasThere ? undefined : `${missing} ${KEPT}${wasThere ? " again" : ""}.`;
  const error = isMissing ? kept : (saveProblem ?? noLog);
  return {
    saved: saved && !isMissing,
    ...(savedAt === undefined ? {} : { savedAt: savedAt.toISOString() }),
    ...(inPlace === undefined ? {} : { inPlace }),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(error === undefined ? {} : { error }),
    ...(isMissing ? { missing } : {}),
    ...(encoding === undefined ? {} : { encoding }),
    ...(writtenAs === undefined ? {} : { writtenAs }),
  };
}
