/** What a start says that waits for the end of the pod before it. */

import type { Why } from "../../src/domain/starts/wait.ts";

export const STILL_STOPPING: Why = {
  reason: "other",
  message: "The project is still stopping; it starts as soon as that is done.",
  kubernetesReason: "Terminating",
};
