/** `/api/v2/accounts/…`: one's own account, finding people, and what administrators do to accounts. */

import { z } from "zod";
import { done, type Endpoints } from "./api-v2.ts";
import { isoTime, uuid } from "./common.ts";

const personName = z.string().max(254);
const password = z.string().max(1_000);
const profile = z.object({ image: z.string().max(20_000).optional(), color: z.string().max(50).optional() });

/** What anybody signed in may know of somebody. */
export const person = z.object({
  account_id: uuid,
  first_name: z.string(),
  last_name: z.string(),
  name: z.string().nullable(),
  profile: profile.nullable(),
});

export const accountEndpoints = {
  "accounts/profile": {
    access: "account",
    summary: "The public profile of an account, or the caller's own with its private parts.",
    input: z.object({ account_id: uuid.optional() }),
    output: z.object({
      profile: person.extend({
        email_address: z.string().nullable().optional(),
        email_address_verified: z.boolean().optional(),
        is_admin: z.boolean().optional(),
        created: isoTime.optional(),
      }),
    }),
  },
  "accounts/get-names": {
    access: "account",
    summary: "Names and colours of accounts, by id; unknown ids are left out.",
    input: z.object({ account_ids: z.array(uuid).min(1).max(200) }),
    output: z.object({ names: z.record(uuid, person) }),
  },
  "accounts/search": {
    access: "account",
    summary:
      "People by the beginning of their names, or by a whole e-mail address; an administrator sees the addresses.",
    input: z.object({
      query: z.string().trim().min(1).max(254),
      limit: z.number().int().min(1).max(50).default(20),
    }),
    output: z.object({
      accounts: z.array(
        person.extend({
          last_active: isoTime.nullable(),
          email_address: z.string().nullable().optional(),
          banned: z.boolean().optional(),
        }),
      ),
    }),
  },
  "accounts/set-name": {
    access: "account",
    summary: "Changes first, last or vanity name of the caller; an absent field stays.",
    input: z.object({
      first_name: personName.optional(),
      last_name: personName.optional(),
      /** Empty: none. */
      name: z.string().max(39).optional(),
    }),
    output: done,
  },
  "accounts/set-email-address": {
    access: "account",
    keys: "none",
    summary:
      "Changes the caller's e-mail address; the old one is told by mail, and the new one verified where the site does.",
    input: z.object({ email_address: z.string().max(254), password }),
    output: done,
  },
  "accounts/send-verification-email": {
    access: "account",
    summary: "Sends the caller a mail with a link that verifies their e-mail address; the link before it ends.",
    input: z.object({}),
    output: done,
  },
  "accounts/set-password": {
    access: "account",
    keys: "none",
    summary: "Changes the caller's password and ends all other sessions; the account is told by mail.",
    input: z.object({ currentPassword: password, newPassword: password }),
    output: done,
  },
  "accounts/confirm-password": {
    access: "account",
    keys: "none",
    summary:
      "Confirms that whoever uses this session knows the password: what answers `confirm_password` is taken for ten minutes.",
    input: z.object({ password }),
    output: done,
  },
  "accounts/sign-out": {
    access: "account",
    summary: "Ends this session, or all sessions of the account.",
    input: z.object({ all: z.boolean().default(false) }),
    output: done,
  },
  "accounts/sessions": {
    access: "account",
    keys: "none",
    summary: "The sessions of the caller's account: since when, when last used, roughly which browser.",
    input: z.object({}),
    output: z.object({
      sessions: z.array(
        z.object({
          id: uuid,
          browser: z.string().nullable(),
          created: isoTime.nullable(),
          last_active: isoTime.nullable(),
          expire: isoTime,
          current: z.boolean(),
        }),
      ),
    }),
  },
  "accounts/end-session": {
    access: "account",
    keys: "none",
    summary: "Ends one of the caller's sessions, and what is open by it, within seconds.",
    input: z.object({ id: uuid }),
    output: done,
  },
  "accounts/to-hand-over": {
    access: "account",
    keys: "none",
    summary:
      "The projects that the caller alone owns and others belong to: without an owner of theirs the account cannot be deleted.",
    input: z.object({}),
    output: z.object({ projects: z.array(z.object({ project_id: uuid, title: z.string() })) }),
  },
  "accounts/delete": {
    access: "account",
    keys: "none",
    summary:
      "Deletes the caller's account, by its password; an administrator may name another, with a confirmed password.",
    input: z.object({ account_id: uuid.optional(), password: password.optional() }),
    output: done,
  },
  "accounts/ban": {
    access: "admin",
    keys: "none",
    confirmed: true,
    summary: "Bans an account: everything it has open ends.",
    input: z.object({ account_id: uuid }),
    output: done,
  },
  "accounts/remove-ban": {
    access: "admin",
    keys: "none",
    confirmed: true,
    summary: "Takes a ban back.",
    input: z.object({ account_id: uuid }),
    output: done,
  },
} as const satisfies Endpoints;
