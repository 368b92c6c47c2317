/** Pieces that every wire shares. */

import { z } from "zod";

/** Any UUID in lower case, as ids of projects and accounts are written. */
export const uuid = z.uuid().toLowerCase();

/** A moment as ISO 8601 in UTC. */
export const isoTime = z.iso.datetime({ offset: true });

/** How every wire tells an error: the code for programs, the message for people. */
export const wireError = z.object({
  error: z.string(),
  code: z.string(),
  retryAfterSeconds: z.number().optional(),
});
export type WireError = z.infer<typeof wireError>;
