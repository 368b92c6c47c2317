/**
 * What a request did in a project, told by its server beside the answer, for the project's log: the hub that passed the request on writes it
 * down in the name of whoever it let in, and tells the header to nobody else.
 */

import { z } from "zod";
import { killedProgram } from "./project-status.ts";

export const DONE_HEADER = "x-cocalc-done";
/** Longest value of the header, in bytes. */
export const MAX_DONE_LENGTH = 4_000;
/** So many of the paths are told. */
export const MAX_DONE_PATHS = 5;

/** No file system has other names, and no database keeps them. */
const path = z
  .string()
  .max(8_192)
  .refine((text) => text.isWellFormed() && !text.includes("\0"));

export const filesDone = z.object({
  action: z.enum(["trashed", "deleted", "restored", "emptied_trash"]),
  /** The first of them, as on the wire. */
  files: z.array(path).max(MAX_DONE_PATHS),
  count: z.number().int().min(0),
});
export type FilesDone = z.infer<typeof filesDone>;

/** Of a program that was ended for want of memory nobody's request tells: it is told beside the next answer about how the project is. */
const programKilled = killedProgram.extend({ action: z.literal("out_of_memory") });

export const doneInProject = z.union([filesDone, programKilled]);
export type DoneInProject = z.infer<typeof doneInProject>;
