/** How the project is, over HTTP; and what had ended it, or programs in it, for want of memory, for whoever writes the project's log. */

import { z } from "zod";
import { NOBODY } from "../../../src/protocol/assertion.ts";
import { isoTime } from "../../../src/protocol/common.ts";
import { DONE_HEADER } from "../../../src/protocol/done-in-project.ts";
import type { MemoryHistory } from "../../../src/protocol/project-status.ts";
import { headerOf } from "../files/tell-done.ts";
import { type HandlerTable, parseInput } from "../http-server.ts";
import type { Status } from "../status.ts";
import type { MemoryWatch } from "./memory-watch.ts";

export function memoryHandlers({ memory, status }: { memory: MemoryWatch; status: Status }): HandlerTable {
  return {
    "GET /api/status": {
      need: "read",
      handle: ({ response }) => {
        const { latest } = memory;
        // The hub writes it down at once; later manage-state does, and that of which Kubernetes tells.
        if (latest !== null && !latest.whole) {
          response.setHeader(DONE_HEADER, headerOf({ action: "out_of_memory", ...latest, whole: false }));
        }
        return status.now();
      },
    },
    "GET /api/out-of-memory": {
      need: "read",
      handle: async ({ query, caller }): Promise<MemoryHistory> => {
        const { ended } = parseInput(z.object({ ended: isoTime.nullable() }), { ended: query.get("ended") });
        // People who ask make no news of it: only a part of the site's own knows that it was so.
        const isTold = caller.sub === NOBODY;
        const end = ended === null ? null : await memory.endedBefore(new Date(ended), { isTold });
        return { end, killed: [...(await memory.killed())] };
      },
    },
  };
}
