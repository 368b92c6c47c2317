/** `/api/v2/api-keys`, `customize` and `admin/…`: keys for programs, what the site says of itself, and what it tells administrators. */

import { z } from "zod";
import type { Endpoints } from "./api-v2.ts";
import { isoTime, uuid } from "./common.ts";

const apiKey = z.object({
  id: z.number().int(),
  name: z.string(),
  trunc: z.string(),
  created: isoTime,
  expire: isoTime.nullable(),
  last_active: isoTime.nullable(),
  project_id: uuid.nullable(),
  /** May it do what the account may as an administrator's? Only if an administrator made it. */
  acts_as_admin: z.boolean(),
  /** Told once, when the key is made. */
  secret: z.string().optional(),
});

export const siteEndpoints = {
  "api-keys": {
    access: "account",
    keys: "none",
    summary: "Lists, makes, renames and deletes the caller's keys: of the account, or of one project.",
    input: z.object({
      action: z.enum(["get", "create", "edit", "delete"]),
      project_id: uuid.optional(),
      id: z.int32().positive().optional(),
      name: z.string().trim().min(1).max(128).optional(),
      /** null: never. */
      expire: isoTime
        .refine((time) => Date.parse(time) > 0, "Name a moment after 1970.")
        .nullable()
        .optional(),
    }),
    output: z.object({ response: z.array(apiKey) }),
  },
  "admin/mail": {
    access: "admin",
    summary: "How the site's mail goes: off, on or set up wrong with the fix, what waits, what was given up in a day.",
    input: z.object({}),
    output: z.object({
      state: z.enum(["off", "on", "wrong"]),
      fix: z.string().nullable(),
      waiting: z.number().int(),
      failed: z.number().int(),
      problem: z.string().nullable(),
    }),
  },
  customize: {
    access: "anyone",
    summary: "Public settings of the site and its software environments; `fields` names those that are wanted.",
    input: z.object({ fields: z.array(z.string().max(100)).max(100).optional() }),
    output: z.record(z.string(), z.unknown()),
  },
} as const satisfies Endpoints;
