/** Keys with which programs act for the account. */

import { Button, Code, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { wordsOf } from "../../core/request-error.ts";
import { useApp } from "../../ui/app-context.ts";
import { AskText, Confirm } from "../../ui/ask.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";
import { KeyList, type ListedKey } from "./key-list.tsx";

const QUERY_KEY = ["api-keys"];

export function ApiKeys() {
  const { api } = useApp();
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [deleting, setDeleting] = useState<ListedKey>();
  const { data, error, refetch } = useQuery({
    queryKey: QUERY_KEY,
    queryFn: async () => (await api("api-keys", { action: "get" })).response,
  });
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
      <KeyList keys={data ?? []} onDelete={setDeleting} />
      {secret !== undefined && <NewSecret secret={secret} />}
      <Button variant="default" onClick={() => setMaking(true)}>
        Make a key
      </Button>
      {making && <MakeKey onMade={setSecret} onClose={() => setMaking(false)} />}
      {deleting !== undefined && <DeleteKey listed={deleting} onClose={() => setDeleting(undefined)} />}
    </Section>
  );
}

function NewSecret({ secret }: { secret: string }) {
  return (
    <div role="status">
      <Text size="sm">Copy the key now; it is shown only once.</Text>
      <Code block>{secret}</Code>
    </div>
  );
}

function MakeKey({ onMade, onClose }: { onMade: (secret: string | undefined) => void; onClose: () => void }) {
  const { api } = useApp();
  const queries = useQueryClient();
  return (
    <AskText
      title="Make a key"
      label="What it is for"
      verb="Make"
      problemOf={(text) => (text === "" ? "Type what the key is for." : undefined)}
      onClose={onClose}
      onAnswer={async (name) => {
        const [made] = (await api("api-keys", { action: "create", name })).response;
        onMade(made?.secret);
        await queries.invalidateQueries({ queryKey: QUERY_KEY });
      }}
    />
  );
}

function DeleteKey({ listed, onClose }: { listed: ListedKey; onClose: () => void }) {
  const { api } = useApp();
  const queries = useQueryClient();
  return (
    <Confirm
      title={`Delete the key “${listed.name}”?`}
      verb="Delete"
      danger
      onClose={onClose}
      onConfirm={async () => {
        await api("api-keys", { action: "delete", id: listed.id });
        await queries.invalidateQueries({ queryKey: QUERY_KEY });
        tell("The key is deleted.");
      }}
    >
      Programs that use it are refused from now on.
    </Confirm>
  );
}
