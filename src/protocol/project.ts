/** A project as the database keeps it and every wire shows it: states, requests, members. */

import { z } from "zod";
import { isoTime, uuid } from "./common.ts";

/** Names of states; an installation of ours uses opened, pending, starting, running and stopping, older rows may hold the others. */
export const computeState = z.enum([
  "archived",
  "archiving",
  "unarchiving",
  "closed",
  "closing",
  "opening",
  "opened",
  "pending",
  "starting",
  "running",
  "stopping",
]);
export type ComputeState = z.infer<typeof computeState>;

/** Column `projects.state`, written whole by manage-state alone. NULL: never started. */
export const projectState = z.object({
  state: computeState,
  time: isoTime,
  ip: z.string().optional(),
  error: z.string().optional(),
  /** Present only where it is so: its pod is one of a rescue, with files and terminals and nothing of the home executed. */
  rescue: z.literal(true).optional(),
});
export type ProjectState = z.infer<typeof projectState>;

export const projectAction = z.enum(["start", "stop", "restart", "test"]);
export type ProjectAction = z.infer<typeof projectAction>;

/** Column `projects.action_request`: action and time by whoever asks, the rest by manage-action. Who asked (`account_id`) people read in the project's log. */
export const actionRequest = z.object({
  action: projectAction,
  time: z.string(),
  /** With start and restart: in rescue mode. */
  rescue: z.boolean().optional(),
  started: z.string().optional(),
  finished: z.string().optional(),
  err: z.string().optional(),
});
export type ActionRequest = z.infer<typeof actionRequest>;

/** In the order in which people are shown. A viewer reads, and changes nothing: `project-rights.ts` has the table. */
export const memberGroup = z.enum(["owner", "collaborator", "viewer"]);
export type MemberGroup = z.infer<typeof memberGroup>;
/** What somebody may be added as: owners are made of members. */
export const invitedGroup = memberGroup.exclude(["owner"]);
export type InvitedGroup = z.infer<typeof invitedGroup>;

/** Column `projects.users`: account id → membership. */
export const projectUsers = z.record(uuid, z.looseObject({ group: memberGroup, hide: z.boolean().optional() }));
export type ProjectUsers = z.infer<typeof projectUsers>;

/** Longest title and description that are accepted. */
export const projectTitle = z.string().trim().min(1).max(250);
export const projectDescription = z.string().max(10_000);

/** What a member sees of a project in a list. */
export const projectSummary = z.object({
  project_id: uuid,
  title: z.string(),
  description: z.string(),
  users: projectUsers,
  state: projectState.nullable(),
  action_request: actionRequest.nullable(),
  compute_image: z.string().nullable(),
  /** Without the values that a patch writes, and the labels of nodes. */
  run_quota: z.record(z.string(), z.unknown()).nullable(),
  created: isoTime,
  last_edited: isoTime.nullable(),
  deleted: z.boolean(),
});
export type ProjectSummary = z.infer<typeof projectSummary>;
