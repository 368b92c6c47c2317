/** How a project is: `GET <base>/<project_id>/api/status` → ProjectStatus. `GET /health` at its server needs no assertion. */

import { z } from "zod";
import { isoTime } from "./common.ts";

export const projectStatus = z.object({
  time: isoTime,
  /** When anything was last typed, run or asked for by a person. */
  lastActive: isoTime,
  processes: z.number(),
  /** Bytes; limit null where there is none. */
  memory: z.object({ used: z.number(), limit: z.number().nullable() }),
  /** Cores in use. */
  cpu: z.number(),
  /** Bytes of the file system that holds the home directory. */
  disk: z.object({ used: z.number(), free: z.number() }),
  /** Out-of-memory kills since the start. */
  oomKills: z.number(),
  startedAt: isoTime,
});
export type ProjectStatus = z.infer<typeof projectStatus>;
