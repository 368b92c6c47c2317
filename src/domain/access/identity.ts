/** Who somebody is, and by what they are known: a browser's session or an API key. Pure. */

import type { MemberGroup } from "../../protocol/project.ts";
import type { ProjectRole } from "../../protocol/project-rights.ts";

/** By what somebody is known; what ends it ends everything done by it. */
export type Credential = { kind: "session"; hash: string } | { kind: "api_key"; id: number };

export interface Identity {
  accountId: string;
  /** False for a key that is bound to one project, whoever owns it, and for one that no administrator made as one. */
  isAdmin: boolean;
  credential: Credential;
  /** A key that is bound to one project may use that one alone. */
  projectId: string | undefined;
  /** When the credential ends by itself; undefined: never. */
  expire: Date | undefined;
  /** First and last name, to show beside a cursor. */
  name: string;
}

/** What decides who may use a project. */
export interface ProjectMembers {
  deleted: boolean;
  groups: ReadonlyMap<string, MemberGroup>;
}

/**
 * As what `identity` uses a project: as its member, or as an administrator who is none; undefined: it has no part in it. What that lets them do
 * says the table of `protocol/project-rights.ts`.
 * A deleted project is used by nobody, unless `deleted` is asked for (to show or restore it).
 */
export function roleIn(
  identity: Pick<Identity, "accountId" | "isAdmin" | "projectId">,
  projectId: string,
  { members, deleted = false }: { members: ProjectMembers | undefined; deleted?: boolean },
): ProjectRole | undefined {
  if (members === undefined || (members.deleted && !deleted)) return undefined;
  if (identity.projectId !== undefined && identity.projectId !== projectId) return undefined;
  return members.groups.get(identity.accountId) ?? (identity.isAdmin ? "admin" : undefined);
}

/** One text for each credential: a key for maps. */
export function credentialKey(credential: Credential): string {
  return credential.kind === "session" ? `session ${credential.hash}` : `api_key ${credential.id}`;
}
