/** How a project is: `GET <base>/<project_id>/api/status` → ProjectStatus. `GET /health` at its server needs no assertion. */

import { z } from "zod";
import { isoTime } from "./common.ts";

/** Bytes; no control group knows a larger limit. */
const amount = z
  .number()
  .nonnegative()
  .max(2 ** 60);

/**
 * That a project, or one program in it, was ended because there was no more memory. Whoever reads it from a pod reads words of strangers: they
 * are bounded, and what cannot be seen in them, or be kept by a database, becomes blanks.
 */
export const outOfMemory = z.object({
  time: isoTime.max(40),
  /** Its command, shortened; null: nobody noted it. */
  process: z
    .string()
    .max(200)
    .transform((name) => name.replace(/[\s\p{C}]+/gu, " ").trim())
    .nullable(),
  /** What it used when it was last looked at. */
  used: amount.nullable(),
  /** What the project may use, all its programs together. */
  limit: amount.nullable(),
  /** Did everything in the project end with it? Else that program alone. */
  whole: z.boolean(),
});
export type OutOfMemory = z.infer<typeof outOfMemory>;

/** Of one program; that everything was ended Kubernetes alone may say. */
export const killedProgram = outOfMemory.extend({ whole: z.literal(false) });
export type KilledProgram = z.infer<typeof killedProgram>;

/** So many are remembered, the last one first. */
export const MOST_KILLED = 8;

/** `GET <base>/<project_id>/api/out-of-memory?ended=…`: what a project's server knows of earlier times, for whoever writes the log. */
export const memoryHistory = z.object({
  /** Of the end that was asked about; null: of none. */
  end: outOfMemory.nullable(),
  /** Programs that were killed lately, also before this server, whether or not anybody was told. */
  killed: z.array(killedProgram).max(MOST_KILLED),
});
export type MemoryHistory = z.infer<typeof memoryHistory>;

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
