/** What an endpoint of `/api/v2` is: its path, who may call it, and the shapes of what it takes and answers. The nouns are in files of their own. */

import { z } from "zod";

/**
 * Who may call: `anyone`; `account`: signed in; `member`: of the project named by `project_id`; `owner`: an owner of it; `admin`: an
 * administrator of the site. Administrators count as members and owners; that is recorded.
 */
export type EndpointAccess = "anyone" | "account" | "member" | "owner" | "admin";

/**
 * Which API keys stand for who made them. `none`: a browser's session alone, since a key must not make itself more. `account`: a key of the
 * whole account (where nothing is said). `project`: a key of that one project too, which is for work in it: who belongs to it, what its
 * owners alone decide, and what concerns its maker's account are not its business.
 */
export type EndpointKeys = "none" | "account" | "project";

export interface Endpoint {
  access: EndpointAccess;
  summary: string;
  input: z.ZodObject;
  output: z.ZodType;
  /** `project_id` of a member's call may name a deleted project. */
  deleted?: boolean;
  keys?: EndpointKeys;
}

export type Endpoints = Readonly<Record<string, Endpoint>>;

/** An answer that holds nothing but success. */
export const done = z.object({ status: z.literal("ok") });

/** How an error is told, with status 200: the message for people, the code for programs. */
export const apiError = z.object({ error: z.string(), code: z.string(), retryAfterSeconds: z.number().optional() });
