/** Addresses that were invited and have no account yet. */

import { Button, Text, Title } from "@mantine/core";
import type { EndpointOutput } from "../../../protocol/api-v2-table.ts";
import { formatAgo } from "../../core/format.ts";
import { GROUP_WORDS } from "../../core/project-view.ts";
import { useApp, useNow, useProject } from "../../ui/app-context.ts";
import { tellFailure } from "../../ui/tell.ts";

interface InvitedProps {
  invited: EndpointOutput<"projects/collaborators/list">["invited"];
  onChanged: () => Promise<unknown>;
}

export function Invited({ invited, onChanged }: InvitedProps) {
  const { api } = useApp();
  const { project } = useProject();
  const now = useNow(60_000);
  if (invited.length === 0) return null;
  const withdraw = async (email_address: string) => {
    try {
      await api("projects/collaborators/remove", { project_id: project.project_id, email_address });
      await onChanged();
    } catch (error) {
      tellFailure("The invitation was not withdrawn", error);
    }
  };
  return (
    <section>
      <Title order={2} size="h4">
        Invited
      </Title>
      <ul className="rows" aria-label="Invited">
        {invited.map(({ email_address, time, group }) => (
          <li key={email_address} className="row">
            <div className="row-words">
              <Text size="sm">{email_address}</Text>
              <Text size="xs" c="dimmed">
                {time === null ? "" : `Invited ${formatAgo(time, now)}. `}Becomes {GROUP_WORDS[group]} when an account
                with this address is made.
              </Text>
            </div>
            <Button
              size="xs"
              variant="default"
              onClick={() => void withdraw(email_address)}
              aria-label={`Withdraw the invitation of ${email_address}`}
            >
              Withdraw
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
