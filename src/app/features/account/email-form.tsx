/** The e-mail address with which one signs in: whether it is confirmed, and another one. */

import { Button, Group, PasswordInput, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import "@mantine/core/styles/PasswordInput.css";
import type { AccountView } from "../../../protocol/hub-socket.ts";
import { useApp } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";

export function EmailForm({ account }: { account: AccountView }) {
  return (
    <Section title="E-mail address">
      <Text size="sm">{account.email_address ?? "You have none."}</Text>
      {account.email_address !== null && <Verification account={account} />}
      <ChangeAddress />
    </Section>
  );
}

/** Nothing on a site that does not ask people to confirm their address. */
function Verification({ account }: { account: AccountView }) {
  const { api } = useApp();
  const { data } = useQuery({
    queryKey: ["customize", "mail"],
    queryFn: () => api("customize", { fields: ["email_enabled", "verify_emails"] }),
    staleTime: 60_000,
  });
  const { busy, error, run } = useAct(async () => {
    await api("accounts/send-verification-email", {});
    tell("A mail with a link is on its way.");
  });
  if (data?.email_enabled !== true || data.verify_emails !== true) return null;
  if (account.email_address_verified) return <Text size="sm">It is confirmed.</Text>;
  return (
    <Group>
      <Text size="sm">It is not confirmed yet: follow the link in the mail that was sent there.</Text>
      <Button variant="default" size="xs" loading={busy} onClick={() => void run()}>
        Send the mail again
      </Button>
      {error !== undefined && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {error}
        </Text>
      )}
    </Group>
  );
}

function ChangeAddress() {
  const { api } = useApp();
  const [address, setAddress] = useState("");
  const [password, setPassword] = useState("");
  const { busy, error, submit } = useAct(async () => {
    await api("accounts/set-email-address", { email_address: address.trim(), password });
    setAddress("");
    setPassword("");
    tell("The address is changed; sign in with it from now on.");
  });
  return (
    <form onSubmit={submit} className="stack">
      <TextInput
        label="New e-mail address"
        type="email"
        autoComplete="email"
        value={address}
        onChange={(event) => setAddress(event.currentTarget.value)}
        error={error}
      />
      <PasswordInput
        label="Your password"
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <Button type="submit" loading={busy} disabled={address.trim() === "" || password === ""}>
        Change the address
      </Button>
    </form>
  );
}
