/** Runs a program in a project: `POST <base>/<project_id>/api/exec`, ExecRequest → ExecAnswer. */

import { z } from "zod";
import { wirePath } from "./project-files.ts";

/** What a program can be given: no zero byte. */
const programText = z
  .string()
  .max(100_000)
  .refine((text) => !text.includes("\0"), "must not hold a zero byte");

export const execRequest = z.object({
  command: programText.min(1),
  args: z.array(programText).max(1_000).default([]),
  /** The command is a bash script. */
  bash: z.boolean().default(false),
  path: wirePath.default(""),
  env: z.record(programText, programText).default({}),
  stdin: z.string().max(1_000_000).default(""),
  timeoutSeconds: z.number().min(0.1).max(3_600).default(10),
  /** Bytes kept of each of stdout and stderr. */
  maxOutput: z.number().int().min(0).max(20_000_000).default(1_000_000),
});
export type ExecRequest = z.infer<typeof execRequest>;
export const execAnswer = z.object({
  stdout: z.string(),
  stderr: z.string(),
  /** null when it was ended by a signal. */
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  timedOut: z.boolean(),
  truncated: z.boolean(),
});
export type ExecAnswer = z.infer<typeof execAnswer>;
