/** What somebody asks for more of, after "more". Pure. */

import type { AskedFor } from "../../protocol/api-v2-quotas.ts";

export const ASKED_WORDS: Readonly<Record<AskedFor, string>> = {
  memory: "memory",
  cpu: "processor time",
  disk: "disk space",
  idle_timeout: "time before it stops by itself",
  network: "access to the internet",
  gpu: "graphics processors",
  other: "than it has",
};
