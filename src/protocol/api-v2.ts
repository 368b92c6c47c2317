/** What an endpoint of `/api/v2` is: its path, who may call it, and the shapes of what it takes and answers. The nouns are in files of their own. */

import { z } from "zod";
import type { ProjectNeed } from "./project-rights.ts";

/**
 * Who may call: `anyone`; `account`: signed in; `project`: who may do what `need` says with the project named by `project_id`, by the table of
 * `project-rights.ts`; `admin`: an administrator of the site. What administrators do with projects of others is recorded.
 */
export type EndpointAccess = "anyone" | "account" | "project" | "admin";

/**
 * Which API keys stand for who made them. `none`: a browser's session alone, since a key must not make itself more. `account`: a key of the
 * whole account (where nothing is said). `project`: a key of that one project too, which is for work in it: who belongs to it, what its
 * owners alone decide, and what concerns its maker's account are not its business.
 */
export type EndpointKeys = "none" | "account" | "project";

interface EndpointBasis {
  summary: string;
  input: z.ZodObject;
  output: z.ZodType;
  keys?: EndpointKeys;
  /** Dangerous: the password has to have been typed in this session a few minutes ago, else `confirm_password`; `keys` is `none` then. */
  confirmed?: boolean;
}

interface ProjectEndpoint extends EndpointBasis {
  access: "project";
  need: ProjectNeed;
  /** `project_id` may name a deleted project. */
  deleted?: boolean;
}

export type Endpoint = ProjectEndpoint | (EndpointBasis & { access: Exclude<EndpointAccess, "project"> });

export type Endpoints = Readonly<Record<string, Endpoint>>;

/** An answer that holds nothing but success. */
export const done = z.object({ status: z.literal("ok") });

/** How an error is told, with status 200: the message for people, the code for programs. */
export const apiError = z.object({ error: z.string(), code: z.string(), retryAfterSeconds: z.number().optional() });
