/** Asks before somebody is removed from a project, or leaves it. */

import { useApp, useProject } from "../../ui/app-context.ts";
import { Confirm } from "../../ui/ask.tsx";
import { tell } from "../../ui/tell.ts";
import { type Member, nameOf } from "./member.ts";

interface RemoveMemberProps {
  member: Member;
  /** Whose page it is. */
  own: string;
  onRemoved: () => Promise<void>;
  onClose: () => void;
}

export function RemoveMember({ member, own, onRemoved, onClose }: RemoveMemberProps) {
  const { api } = useApp();
  const { project_id, title } = useProject().project;
  const isOwn = member.account_id === own;
  return (
    <Confirm
      title={isOwn ? `Leave “${title}”?` : `Remove ${nameOf(member)}?`}
      verb={isOwn ? "Leave" : "Remove"}
      danger
      onClose={onClose}
      onConfirm={async () => {
        await api("projects/collaborators/remove", { project_id, account_id: member.account_id });
        await onRemoved();
        tell(isOwn ? "You have left the project." : `${nameOf(member)} is removed; what they had open is closed.`);
      }}
    >
      It takes effect at once: open editors and terminals of this project are closed. The files stay as they are.
    </Confirm>
  );
}
