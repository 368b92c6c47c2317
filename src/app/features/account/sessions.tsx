/** Where one is signed in: each session, ending any of them, and signing out. */

import { Button, Group, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { EndpointOutput } from "../../../protocol/api-v2-table.ts";
import { formatAgo, formatMoment } from "../../core/format.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useNow } from "../../ui/app-context.ts";
import { Confirm } from "../../ui/ask.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";

type Session = EndpointOutput<"accounts/sessions">["sessions"][number];

const KEY = ["sessions"];

export function Sessions() {
  const { api } = useApp();
  const queries = useQueryClient();
  const [ending, setEnding] = useState<Session>();
  const { data, error, refetch } = useQuery({
    queryKey: KEY,
    queryFn: async () => (await api("accounts/sessions", {})).sessions,
  });
  return (
    <Section title="Sessions">
      {error !== null && (
        <Problem title="The sessions cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      <ul className="rows" aria-label="Sessions">
        {data?.map((session) => (
          <SessionRow key={session.id} session={session} onEnd={() => setEnding(session)} />
        ))}
      </ul>
      <SignOut />
      {ending !== undefined && (
        <Confirm
          title={`End the session of ${nameOf(ending)}?`}
          verb="End"
          danger
          onClose={() => setEnding(undefined)}
          onConfirm={async () => {
            await api("accounts/end-session", { id: ending.id });
            await queries.invalidateQueries({ queryKey: KEY });
            tell("The session is ended.");
          }}
        >
          Whatever is open there closes within seconds.
        </Confirm>
      )}
    </Section>
  );
}

function SessionRow({ session, onEnd }: { session: Session; onEnd: () => void }) {
  const now = useNow(30_000);
  const { created, last_active, current } = session;
  const name = nameOf(session);
  const since = created === null ? "began some time ago" : `signed in ${formatMoment(created)}`;
  const seen = current ? "this browser" : last_active === null ? undefined : `last used ${formatAgo(last_active, now)}`;
  return (
    <li className="row">
      <div className="row-words">
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {seen === undefined ? since : `${seen}, ${since}`}
        </Text>
      </div>
      {!current && (
        <Button size="xs" variant="default" onClick={onEnd} aria-label={`End the session of ${name}`}>
          End
        </Button>
      )}
    </li>
  );
}

const nameOf = ({ browser }: Session) => browser ?? "An unknown browser";

function SignOut() {
  const { api, leave } = useApp();
  const [everywhere, setEverywhere] = useState<boolean>();
  const signOut = () => leave(() => api("accounts/sign-out", { all: everywhere === true }));
  return (
    <Group>
      <Button variant="default" onClick={() => setEverywhere(false)}>
        Sign out here
      </Button>
      <Button variant="default" onClick={() => setEverywhere(true)}>
        Sign out everywhere
      </Button>
      {everywhere !== undefined && (
        <Confirm
          title={everywhere ? "Sign out everywhere?" : "Sign out here?"}
          verb="Sign out"
          onClose={() => setEverywhere(undefined)}
          onConfirm={signOut}
        >
          {everywhere
            ? "Every browser that is signed in to this account is signed out within seconds."
            : "Your projects run on."}
        </Confirm>
      )}
    </Group>
  );
}
