/** A member as the server lists them, and what they and their roles are called; nothing here draws. */

import type { EndpointOutput } from "../../../protocol/api-v2-table.ts";
import { invitedGroup, type MemberGroup, memberGroup } from "../../../protocol/project.ts";

export type Member = EndpointOutput<"projects/collaborators/list">["collaborators"][number];

/** What a member is called, also one without a name. */
export const nameOf = ({ first_name, last_name }: Member): string => `${first_name} ${last_name}`.trim() || "Somebody";

const ROLE_LABELS: Record<MemberGroup, string> = {
  owner: "Owner",
  collaborator: "Collaborator",
  viewer: "Viewer",
};

const choices = <G extends MemberGroup>(groups: readonly G[]) =>
  groups.map((value) => ({ value, label: ROLE_LABELS[value] }));

/** What a member may be made. */
export const ROLES = choices(memberGroup.options);
/** What somebody may be added as. */
export const ROLES_TO_ADD = choices(invitedGroup.options);

/** Is it the one owner that there is? A project keeps one. */
export function isLastOwner({ group, account_id }: Member, members: readonly Member[]): boolean {
  return group === "owner" && members.every((other) => other.account_id === account_id || other.group !== "owner");
}
