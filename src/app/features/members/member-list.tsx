/** The members of a project, and what somebody may do with each: another role, removing, leaving. */

import { useState } from "react";
import { GROUP_WORDS, mayIn } from "../../core/project-view.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { tell, tellFailure } from "../../ui/tell.ts";
import { isLastOwner, type Member, nameOf } from "./member.ts";
import { MemberRow } from "./member-row.tsx";
import { RemoveMember } from "./remove-member.tsx";

interface MemberListProps {
  members: readonly Member[];
  onChanged: () => Promise<void>;
}

export function MemberList({ members, onChanged }: MemberListProps) {
  const app = useApp();
  const { project } = useProject();
  const account = useStore(app.hub.account);
  const own = account?.account_id ?? "";
  const [removing, setRemoving] = useState<Member>();
  const mayOwn = mayIn(project, account, "own");
  const mayChange = (member: Member) => mayOwn && !isLastOwner(member, members);
  const mayRemove = (member: Member) =>
    member.group === "owner" ? mayChange(member) : mayIn(project, account, "members");
  const setGroup = async (member: Member, new_group: Member["group"]) => {
    const { project_id } = project;
    try {
      const change = { project_id, target_account_id: member.account_id, new_group };
      await app.api("projects/collaborators/change-user-type", change);
      await onChanged();
      tell(`${nameOf(member)} is now ${GROUP_WORDS[new_group]}.`);
    } catch (failure) {
      tellFailure("The role was not changed", failure);
    }
  };
  return (
    <>
      <ul className="rows" aria-label="Members">
        {members.map((member) => (
          <MemberRow
            key={member.account_id}
            member={member}
            own={own}
            mayChange={mayChange(member)}
            mayRemove={member.account_id === own || mayRemove(member)}
            onGroup={(group) => void setGroup(member, group)}
            onRemove={() => setRemoving(member)}
          />
        ))}
      </ul>
      {removing !== undefined && (
        <RemoveMember {...{ member: removing, members, own, onChanged }} onClose={() => setRemoving(undefined)} />
      )}
    </>
  );
}
