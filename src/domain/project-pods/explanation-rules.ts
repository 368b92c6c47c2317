/** What an explanation of a pod is: a code of ours, words for the user, and Kubernetes' own words. Pure. */

import { plainStart } from "../../core/plain-text.ts";
import type { StartReason } from "../../protocol/starts.ts";

export interface Explanation {
  reason: StartReason;
  /** For the user. */
  message: string;
  kubernetesReason: string;
  /** The container that has the trouble, where it is one's: its last words may tell more. */
  container?: string;
}

const MAX_WORDS = 1_000;

/** Kubernetes' reason and message in one line. */
export function words(reason: string, message: string): string {
  const text = message === "" ? reason : reason === "" ? message : `${reason}: ${message}`;
  return plainStart(text, MAX_WORDS);
}
