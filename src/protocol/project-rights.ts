/**
 * Who may do what in a project: the one table. A hub looks here before it answers or passes anything on, the project's own server by the role
 * that a hub asserts to it, and the app to offer nothing that would be refused.
 */

import { z } from "zod";
import { memberGroup } from "./project.ts";

/** As what somebody uses a project: as its member, or as an administrator of the site who is none. */
export const projectRole = z.enum([...memberGroup.options, "admin"]);
export type ProjectRole = z.infer<typeof projectRole>;

interface Row extends Record<ProjectRole, boolean> {
  /** Also by an API key that is bound to the project? It lies in programs, often in the project itself, and acts as who made it. */
  key: boolean;
}

/** What may be wanted of a project, and who may. */
export const projectRights = {
  /** Its title, state and members, and how a start goes; leaving it, and hiding it from one's own list. */
  see: { owner: true, collaborator: true, viewer: true, admin: true, key: true },
  /** Files and documents as they are, without changing anything. */
  read: { owner: true, collaborator: true, viewer: true, admin: true, key: true },
  /** What happened in it: that names addresses that were invited. */
  log: { owner: true, collaborator: true, viewer: false, admin: true, key: true },
  /** Changing files and documents. */
  write: { owner: true, collaborator: true, viewer: false, admin: true, key: true },
  /** Programs: terminals, commands, what listens on its ports, its servers with a name. */
  run: { owner: true, collaborator: true, viewer: false, admin: true, key: true },
  /** Starting, stopping and restarting it: its owner's quota pays. */
  control: { owner: true, collaborator: true, viewer: false, admin: true, key: true },
  /** Title, description and image; its variables, also to see them: they often hold secrets. */
  configure: { owner: true, collaborator: true, viewer: false, admin: true, key: true },
  /** Who belongs to it, where neither site nor owners keep that to owners. */
  members: { owner: true, collaborator: true, viewer: false, admin: true, key: false },
  /** What somebody is in it, its name, deleting and restoring it. */
  own: { owner: true, collaborator: false, viewer: false, admin: true, key: false },
} as const satisfies Record<string, Row>;

export type ProjectNeed = keyof typeof projectRights;
export const projectNeeds = Object.keys(projectRights) as ProjectNeed[]; // of the table above

/** May somebody of this role do it? */
export function may(role: ProjectRole, need: ProjectNeed): boolean {
  return projectRights[need][role];
}

/** Is whatever is open to the project's server by one role just as good by the other? */
export function sameInside(one: ProjectRole, other: ProjectRole): boolean {
  return (["read", "write", "run"] as const).every((need) => may(one, need) === may(other, need));
}

const IN_WORDS: Record<ProjectNeed, string> = {
  see: "see this project",
  read: "read its files",
  log: "read its log",
  write: "change its files",
  run: "run programs in it",
  control: "start or stop it",
  configure: "change its settings",
  members: "change who belongs to it",
  own: "do this",
};

/** Why somebody of this role may not, in a sentence for them, and what to do. */
export function whyNot(role: ProjectRole, need: ProjectNeed): string {
  if (role !== "viewer") return "Only an owner of the project may do this.";
  return `You may read this project, but not ${IN_WORDS[need]}. Ask one of its owners to make you a collaborator.`;
}
