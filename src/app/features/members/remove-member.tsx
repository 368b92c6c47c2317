/** Asks before somebody is removed from a project, or leaves it. Its last owner hands it over with the same answer. */

import { NativeSelect, Stack } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useApp, useProject } from "../../ui/app-context.ts";
import { Confirm } from "../../ui/ask.tsx";
import { tell } from "../../ui/tell.ts";
import { isLastOwner, type Member, nameOf } from "./member.ts";

interface RemoveMemberProps {
  member: Member;
  members: readonly Member[];
  /** Whose page it is. */
  own: string;
  onChanged: () => Promise<void>;
  onClose: () => void;
}

export function RemoveMember({ member, members, own, onChanged, onClose }: RemoveMemberProps) {
  const { title } = useProject().project;
  const remove = useRemove(member, onChanged);
  const others = members.filter(({ account_id }) => account_id !== member.account_id);
  if (isLastOwner(member, members)) {
    return others.length === 0 ? <NobodyElse onClose={onClose} /> : <HandOver {...{ others, remove, onClose }} />;
  }
  const isOwn = member.account_id === own;
  return (
    <Confirm
      title={isOwn ? `Leave “${title}”?` : `Remove ${nameOf(member)}?`}
      verb={isOwn ? "Leave" : "Remove"}
      danger
      onClose={onClose}
      onConfirm={async () => {
        await remove();
        tell(isOwn ? "You have left the project." : `${nameOf(member)} is removed; what they had open is closed.`);
      }}
    >
      It takes effect at once: open editors and terminals of this project are closed. The files stay as they are.
    </Confirm>
  );
}

/** Removes a member. An owner is made a collaborator before, and where somebody is to follow, that one an owner first of all. */
function useRemove({ account_id, group }: Member, onChanged: () => Promise<void>) {
  const { api } = useApp();
  const { project_id } = useProject().project;
  const makes = (target_account_id: string, new_group: Member["group"]) =>
    api("projects/collaborators/change-user-type", { project_id, target_account_id, new_group });
  return async (follower?: Member) => {
    try {
      if (follower !== undefined) await makes(follower.account_id, "owner");
      if (group === "owner") await makes(account_id, "collaborator");
      await api("projects/collaborators/remove", { project_id, account_id });
    } finally {
      await onChanged(); // a part of it may have been done
    }
  };
}

interface HandOverProps {
  others: readonly Member[];
  remove: (follower: Member) => Promise<void>;
  onClose: () => void;
}

function HandOver({ others, remove, onClose }: HandOverProps) {
  const { title } = useProject().project;
  const [chosen, setChosen] = useState(others[0]?.account_id);
  return (
    <Confirm
      title={`Hand over “${title}” and leave?`}
      verb="Hand over and leave"
      danger
      onClose={onClose}
      onConfirm={async () => {
        const follower = others.find(({ account_id }) => account_id === chosen);
        if (follower === undefined) throw new Error("Whom you chose has left the project meanwhile; choose again.");
        await remove(follower);
        tell(`You have left the project; ${nameOf(follower)} owns it now.`);
      }}
    >
      <Stack>
        You are its only owner, and a project needs one. The files stay as they are.
        <NativeSelect
          label="Its owner from now on"
          data={others.map((other) => ({ value: other.account_id, label: nameOf(other) }))}
          value={chosen}
          onChange={(event) => setChosen(event.currentTarget.value)}
        />
      </Stack>
    </Confirm>
  );
}

function NobodyElse({ onClose }: { onClose: () => void }) {
  const { project_id, title } = useProject().project;
  const navigate = useNavigate();
  return (
    <Confirm
      title={`Nobody else is in “${title}”`}
      verb="Go to its settings"
      onClose={onClose}
      onConfirm={() => navigate({ to: "/projects/$projectId/settings", params: { projectId: project_id } })}
    >
      Without you nobody could open it any more. Add somebody who takes it over first, or delete it in its settings.
    </Confirm>
  );
}
