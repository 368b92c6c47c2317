/** Keys with which programs act for the account. */

import { Button, Code, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { formatAgo } from "../../core/format.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useNow } from "../../ui/app-context.ts";
import { AskText, Confirm } from "../../ui/ask.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";

export function ApiKeys() {
  const { api } = useApp();
  const queries = useQueryClient();
  const now = useNow(30_000);
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [deleting, setDeleting] = useState<{ id: number; name: string }>();
  const key = ["api-keys"];
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: async () => (await api("api-keys", { action: "get" })).response,
  });
  const changed = () => queries.invalidateQueries({ queryKey: key });
  return (
    <Section title="Keys for programs">
      {error !== null && (
        <Problem title="The keys cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data?.length === 0 && (
        <Text size="sm">There are none. A key lets a program of yours use the site's API as you.</Text>
      )}
      <ul className="rows" aria-label="Keys">
        {data?.map(({ id, name, trunc, last_active }) => (
          <li key={id} className="row">
            <div className="row-words">
              <Text size="sm" fw={600}>
                {name}
              </Text>
              <Text size="xs" c="dimmed">
                {trunc}, {last_active === null ? "not used yet" : `used ${formatAgo(last_active, now)}`}
              </Text>
            </div>
            <Button
              size="xs"
              variant="default"
              onClick={() => setDeleting({ id, name })}
              aria-label={`Delete the key ${name}`}
            >
              Delete
            </Button>
          </li>
        ))}
      </ul>
      {secret !== undefined && (
        <div role="status">
          <Text size="sm">Copy the key now; it is shown only once.</Text>
          <Code block>{secret}</Code>
        </div>
      )}
      <Button variant="default" onClick={() => setMaking(true)}>
        Make a key
      </Button>
      {making && (
        <AskText
          title="Make a key"
          label="What it is for"
          verb="Make"
          problemOf={(text) => (text === "" ? "Type what the key is for." : undefined)}
          onClose={() => setMaking(false)}
          onAnswer={async (name) => {
            const [made] = (await api("api-keys", { action: "create", name })).response;
            setSecret(made?.secret);
            await changed();
          }}
        />
      )}
      {deleting !== undefined && (
        <Confirm
          title={`Delete the key “${deleting.name}”?`}
          verb="Delete"
          danger
          onClose={() => setDeleting(undefined)}
          onConfirm={async () => {
            await api("api-keys", { action: "delete", id: deleting.id });
            await changed();
            tell("The key is deleted.");
          }}
        >
          Programs that use it are refused from now on.
        </Confirm>
      )}
    </Section>
  );
}
