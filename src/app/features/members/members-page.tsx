/** Who belongs to a project: add, role, since when seen, remove. */

import { Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { GROUP_WORDS, mayIn } from "../../core/project-view.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { tell, tellFailure } from "../../ui/tell.ts";
import { Waiting } from "../../ui/waiting.tsx";
import { AddMember } from "./add-member.tsx";
import { Invited } from "./invited.tsx";
import { type Member, nameOf } from "./member.ts";
import { MemberRow } from "./member-row.tsx";
import { RemoveMember } from "./remove-member.tsx";

export function MembersPage() {
  const app = useApp();
  const { project } = useProject();
  const { project_id, users } = project;
  const account = useStore(app.hub.account);
  const own = account?.account_id ?? "";
  const queries = useQueryClient();
  const [removing, setRemoving] = useState<Member>();
  const key = ["members", project_id];
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: () => app.api("projects/collaborators/list", { project_id }),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the hub tells by `users` that members changed
  useEffect(() => void refetch(), [users, refetch]);
  const changed = () => queries.invalidateQueries({ queryKey: key });
  const setGroup = async (member: Member, new_group: Member["group"]) => {
    try {
      await app.api("projects/collaborators/change-user-type", {
        project_id,
        target_account_id: member.account_id,
        new_group,
      });
      await changed();
      tell(`${nameOf(member)} is now ${GROUP_WORDS[new_group]}.`);
    } catch (failure) {
      tellFailure("The role was not changed", failure);
    }
  };
  return (
    <div className="page">
      <Title order={1} size="h2">
        Members
      </Title>
      <Text size="sm" c="dimmed">
        Everybody here works in the same project: the same files, terminals and editors.
      </Text>
      {mayIn(project, account, "members") && <AddMember members={new Set(Object.keys(users))} onAdded={changed} />}
      {error !== null && data === undefined && (
        <Problem title="The members cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data === undefined && error === null && <Waiting>Asking who is here …</Waiting>}
      {data !== undefined && (
        <ul className="rows" aria-label="Members">
          {data.collaborators.map((member) => (
            <MemberRow
              key={member.account_id}
              member={member}
              own={own}
              mayChange={mayIn(project, account, "own")}
              mayRemove={member.account_id === own || mayIn(project, account, "members")}
              onGroup={(group) => void setGroup(member, group)}
              onRemove={() => setRemoving(member)}
            />
          ))}
        </ul>
      )}
      {data !== undefined && <Invited invited={data.invited} onChanged={changed} />}
      {removing !== undefined && (
        <RemoveMember member={removing} own={own} onRemoved={changed} onClose={() => setRemoving(undefined)} />
      )}
    </div>
  );
}
