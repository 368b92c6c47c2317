/** Who belongs to a project: add, role, since when seen, remove. */

import { Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { mayIn } from "../../core/project-view.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { Waiting } from "../../ui/waiting.tsx";
import { AddMember } from "./add-member.tsx";
import { Invited } from "./invited.tsx";
import { MemberList } from "./member-list.tsx";

export function MembersPage() {
  const app = useApp();
  const { project } = useProject();
  const { project_id, users } = project;
  const account = useStore(app.hub.account);
  const queries = useQueryClient();
  const key = ["members", project_id];
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: () => app.api("projects/collaborators/list", { project_id }),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the hub tells by `users` that members changed
  useEffect(() => void refetch(), [users, refetch]);
  const changed = () => queries.invalidateQueries({ queryKey: key });
  return (
    <div className="page">
      <Title order={1} size="h2">
        Members
      </Title>
      <Text size="sm" c="dimmed">
        Everybody here works in the same project: the same files, terminals and editors. Viewers read, and change
        nothing.
      </Text>
      {mayIn(project, account, "members") && <AddMember members={new Set(Object.keys(users))} onAdded={changed} />}
      {error !== null && data === undefined && (
        <Problem title="The members cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data === undefined && error === null && <Waiting>Asking who is here …</Waiting>}
      {data !== undefined && (
        <>
          <MemberList members={data.collaborators} onChanged={changed} />
          <Invited invited={data.invited} onChanged={changed} />
        </>
      )}
    </div>
  );
}
