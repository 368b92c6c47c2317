/** Deleting one's account: what has to be handed over first, and the password before it is done. */

import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { EndpointOutput } from "../../../protocol/api-v2-table.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp } from "../../ui/app-context.ts";
import { AskPassword } from "../../ui/ask-password.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";

type ToHandOver = EndpointOutput<"accounts/to-hand-over">["projects"];

export function DeleteAccount({ name }: { name: string }) {
  const { api, leave } = useApp();
  const [isAsking, setIsAsking] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["to-hand-over"],
    queryFn: async () => (await api("accounts/to-hand-over", {})).projects,
    refetchOnMount: "always", // whoever comes back from a project has made somebody an owner there
  });
  return (
    <Section title="Delete the account">
      <Text size="sm">
        You are signed out everywhere, your keys end, and you leave the projects of others. Projects that are yours
        alone cannot be opened by anybody any more: download what you want to keep first. It cannot be undone.
      </Text>
      {error !== null && (
        <Problem title="It cannot be told what has to be handed over first" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data !== undefined && data.length > 0 && <HandOverFirst projects={data} />}
      <Button
        color="red"
        variant="outline"
        className="danger"
        disabled={data === undefined || data.length > 0}
        onClick={() => setIsAsking(true)}
      >
        Delete the account …
      </Button>
      {isAsking && (
        <AskPassword
          title={`Delete the account of ${name}?`}
          verb="Delete the account"
          danger
          onAnswer={(password) => leave(() => api("accounts/delete", { password }))}
          onClose={() => setIsAsking(false)}
        >
          It is deleted at once, for good.
        </AskPassword>
      )}
    </Section>
  );
}

function HandOverFirst({ projects }: { projects: ToHandOver }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        You alone own projects that others belong to. Make somebody else an owner of each, or delete it, first:
      </Text>
      <ul aria-label="Projects to hand over first">
        {projects.map(({ project_id, title }) => (
          <li key={project_id}>
            <Link to="/projects/$projectId/members" params={{ projectId: project_id }}>
              {title}
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}
