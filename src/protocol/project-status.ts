/** How a project is: `GET <base>/<project_id>/api/status` → ProjectStatus. `GET /health` at its server needs no assertion. */

import { z } from "zod";
import { isoTime } from "./common.ts";

/** That a project, or one program in it, was ended because there was no more memory. Amounts are in bytes. */
export const outOfMemory = z.object({
  time: isoTime,
  /** Its command, shortened; null: nobody noted it. */
  process: z.string().max(200).nullable(),
  /** What it used when it was last looked at. */
  used: z.number().nonnegative().nullable(),
  /** What the project may use, all its programs together. */
  limit: z.number().nonnegative().nullable(),
  /** Did everything in the project end with it? Else that program alone. */
  whole: z.boolean(),
});
export type OutOfMemory = z.infer<typeof outOfMemory>;

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
  /** The last time that this happened, if it did since the project was started, or ended it before. */
  outOfMemory: outOfMemory.nullable(),
  /** So much memory is in use that little more may end a program. */
  memoryWarning: z.boolean(),
  /** Files and terminals only, and nothing of the home is executed. */
  rescue: z.boolean(),
  startedAt: isoTime,
});
export type ProjectStatus = z.infer<typeof projectStatus>;
