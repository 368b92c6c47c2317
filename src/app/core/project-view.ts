/** A project in the user's words: its state, who may do what, and which of them a search finds. */

import type { MemberGroup, ProjectSummary } from "../../protocol/project.ts";
import { may, type ProjectNeed } from "../../protocol/project-rights.ts";

export type StateWord = "stopped" | "waiting" | "starting" | "running" | "stopping";

const SETTLED_AFTER_MS = 20_000;

/**
 * The one word for a project's state. A request that nobody has answered yet already shows: `start` as starting, `stop` as stopping,
 * for so long as it is young, so that a click is seen to have worked.
 */
export function stateWord(project: ProjectSummary, now: number): StateWord {
  const word = wordOf(project.state?.state);
  const request = project.action_request;
  const open = request !== null && request.finished === undefined && now - Date.parse(request.time) < SETTLED_AFTER_MS;
  if (!open) return word;
  if (project.state !== null && Date.parse(project.state.time) > Date.parse(request.time)) return word;
  if (request.action === "start" && word === "stopped") return "starting";
  if ((request.action === "stop" || request.action === "restart") && word !== "stopped") return "stopping";
  return word;
}

function wordOf(state: string | undefined): StateWord {
  if (state === "running" || state === "starting" || state === "stopping") return state;
  return state === "pending" ? "waiting" : "stopped";
}

/** May it be started now? */
export const canStart = (word: StateWord): boolean => word === "stopped";
/** May it be stopped now? A start under way can always be cancelled. */
export const canStop = (word: StateWord): boolean => word !== "stopped" && word !== "stopping";

/** The member's group in a project; undefined for an administrator who is no member. */
export function groupOf(project: ProjectSummary, accountId: string): MemberGroup | undefined {
  return project.users[accountId]?.group;
}

/** What members of each group are called. */
export const GROUP_WORDS: Record<MemberGroup, string> = {
  owner: "an owner",
  collaborator: "a collaborator",
  viewer: "a viewer",
};

/** May this account do it in the project? What is not offered here would be refused. */
export function mayIn(
  project: ProjectSummary,
  own: { account_id: string; is_admin: boolean } | undefined,
  need: ProjectNeed,
) {
  const role =
    own === undefined ? undefined : (groupOf(project, own.account_id) ?? (own.is_admin ? "admin" : undefined));
  return role !== undefined && may(role, need);
}

export type ProjectFilter = "all" | "mine" | "shared" | "hidden" | "deleted";

/** Does it belong under the filter? Hidden and deleted ones show under their own filter alone. */
export function passesFilter(project: ProjectSummary, filter: ProjectFilter, accountId: string): boolean {
  const hidden = project.users[accountId]?.hide === true;
  if (filter === "deleted") return project.deleted;
  if (project.deleted) return false;
  if (filter === "hidden") return hidden;
  if (hidden) return false;
  if (filter === "mine") return groupOf(project, accountId) === "owner";
  if (filter === "shared") return Object.keys(project.users).length > 1;
  return true;
}

/** Every word of the search is in the title, the description or the id. */
export function matchesSearch(project: ProjectSummary, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = `${project.title}\n${project.description}\n${project.project_id}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** Last edited first; equal ones by title. */
export function byLastEdited(a: ProjectSummary, b: ProjectSummary): number {
  const time = (project: ProjectSummary) => project.last_edited ?? project.created;
  return time(b).localeCompare(time(a)) || a.title.localeCompare(b.title);
}
