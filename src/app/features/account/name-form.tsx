/** The name that others see. */

import { Button, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { AccountView } from "../../../protocol/hub-socket.ts";
import { useApp } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";

export function NameForm({ account }: { account: AccountView }) {
  const { api } = useApp();
  const [first, setFirst] = useState(account.first_name);
  const [last, setLast] = useState(account.last_name);
  const { busy, error, submit } = useAct(async () => {
    await api("accounts/set-name", { first_name: first.trim(), last_name: last.trim() });
    tell("Saved.");
  });
  return (
    <Section title="Profile">
      <form onSubmit={submit} className="stack">
        <TextInput
          label="First name"
          autoComplete="given-name"
          value={first}
          onChange={(event) => setFirst(event.currentTarget.value)}
          error={error}
        />
        <TextInput
          label="Last name"
          autoComplete="family-name"
          value={last}
          onChange={(event) => setLast(event.currentTarget.value)}
        />
        {account.is_admin && (
          <Text size="sm" c="dimmed">
            You are an administrator of this site.
          </Text>
        )}
        <Button
          type="submit"
          loading={busy}
          disabled={first.trim() === account.first_name && last.trim() === account.last_name}
        >
          Save
        </Button>
      </form>
    </Section>
  );
}
