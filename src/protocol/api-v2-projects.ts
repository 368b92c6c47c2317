/** `/api/v2/projects/…`: making, finding, starting and changing projects, and who belongs to them. */

import { z } from "zod";
import { done, type Endpoints } from "./api-v2.ts";
import { isoTime, uuid } from "./common.ts";
import { invitedGroup, memberGroup, projectDescription, projectSummary, projectTitle } from "./project.ts";
import { projectVariables } from "./project-variables.ts";

const project = z.object({ project_id: uuid });
const environmentId = z
  .string()
  .max(100)
  .regex(/^[\w.:-]+$/, "must be the id of a software environment");
/** Vanity name in addresses. */
const projectName = z.string().regex(/^[A-Za-z0-9.-]{1,100}$/, "must be 1 to 100 letters, digits, dots and hyphens");
const accountId = z.object({ account_id: uuid });
/** Somebody in a project: an account, or an invitation by its address. */
const projectAndPerson = project
  .extend({ account_id: uuid.optional(), email_address: z.string().max(254).optional() })
  .refine(
    (body) => (body.account_id === undefined) !== (body.email_address === undefined),
    "give account_id or email_address",
  );

export const projectEndpoints = {
  "projects/create": {
    access: "account",
    summary:
      "Makes a project that the caller owns, with a licence if one is named, and asks for its start if `start` says so; all of it or nothing.",
    input: z.object({
      title: projectTitle.default("Untitled"),
      description: projectDescription.default(""),
      image: environmentId.optional(),
      /** Its id; a restricted one is given by its managers and administrators alone. */
      license: uuid.optional(),
      start: z.boolean().default(false),
    }),
    output: project,
  },
  "projects/get": {
    access: "account",
    summary: "The caller's projects, last edited first; `next` is for the following page.",
    input: z.object({
      /** Another account's: for administrators. */
      account_id: uuid.optional(),
      limit: z.number().int().min(1).max(500).default(100),
      deleted: z.boolean().default(false),
      after: z.string().max(100).optional(),
    }),
    output: z.object({ projects: z.array(projectSummary), next: z.string().nullable() }),
  },
  "projects/get-one": {
    access: "project",
    need: "see",
    keys: "project",
    deleted: true,
    summary: "One project with its environment variables, of which a viewer sees none.",
    input: project,
    output: projectSummary.extend({ env: z.record(z.string(), z.string()) }),
  },
  "projects/start": {
    access: "project",
    need: "control",
    keys: "project",
    summary: "Asks for a start, in rescue mode if that is wished; of a running project it finishes without effect.",
    input: project.extend({ rescue: z.boolean().default(false) }),
    output: done,
  },
  "projects/stop": {
    access: "project",
    need: "control",
    keys: "project",
    summary: "Asks for a stop; a start under way is given up.",
    input: project,
    output: done,
  },
  "projects/touch": {
    access: "project",
    need: "see",
    keys: "project",
    summary: "Says that the caller works in the project: its idle time starts anew.",
    input: project,
    output: done,
  },
  "projects/update": {
    access: "project",
    need: "configure",
    keys: "project",
    summary: "Changes title, description, image or environment; name and who manages members are an owner's.",
    input: project.extend({
      title: projectTitle.optional(),
      description: projectDescription.optional(),
      name: projectName.nullable().optional(),
      compute_image: environmentId.optional(),
      env: projectVariables.optional(),
      manage_users_owner_only: z.boolean().optional(),
    }),
    output: done,
  },
  "projects/hide": {
    access: "project",
    need: "see",
    deleted: true,
    summary: "Hides a project from the caller's own list, or shows it again.",
    input: project.extend({ hide: z.boolean() }),
    output: done,
  },
  "projects/delete": {
    access: "project",
    need: "own",
    deleted: true,
    summary: "Deletes a project: it stops and leaves the lists; its files stay, and it can be restored.",
    input: project,
    output: done,
  },
  "projects/restore": {
    access: "project",
    need: "own",
    deleted: true,
    summary: "Takes a deletion back.",
    input: project,
    output: done,
  },
  "projects/log": {
    access: "project",
    need: "log",
    keys: "project",
    deleted: true,
    summary: "What happened in the project, newest first; `next` is for the following page.",
    input: project.extend({
      limit: z.number().int().min(1).max(500).default(100),
      after: z.string().max(100).optional(),
    }),
    output: z.object({
      log: z.array(
        z.object({ id: uuid, time: isoTime, account_id: uuid.nullable(), event: z.looseObject({ event: z.string() }) }),
      ),
      next: z.string().nullable(),
    }),
  },
  "projects/collaborators/list": {
    access: "project",
    need: "see",
    keys: "project",
    summary:
      "The members with their names, owners first, and the addresses that are invited, of which a viewer sees none.",
    input: project,
    output: z.object({
      collaborators: z.array(
        accountId.extend({
          first_name: z.string(),
          last_name: z.string(),
          group: memberGroup,
          last_active: z.string().nullable(),
        }),
      ),
      invited: z.array(z.object({ email_address: z.string(), time: z.string().nullable(), group: invitedGroup })),
    }),
  },
  "projects/collaborators/add": {
    access: "project",
    need: "members",
    summary:
      "Makes somebody a collaborator, or a viewer, by account or by e-mail address; who has no account joins when they sign up.",
    input: projectAndPerson.safeExtend({ group: invitedGroup.default("collaborator") }),
    output: done,
  },
  "projects/collaborators/remove": {
    access: "project",
    need: "see",
    summary:
      "Removes a collaborator or an invitation; anybody may remove themselves. What they have open ends at once.",
    input: projectAndPerson,
    output: done,
  },
  "projects/collaborators/change-user-type": {
    access: "project",
    need: "own",
    summary:
      "Makes a member an owner, a collaborator or a viewer, who reads and changes nothing; a project keeps at least one owner.",
    input: project.extend({ target_account_id: uuid, new_group: memberGroup }),
    output: done,
  },
} as const satisfies Endpoints;
