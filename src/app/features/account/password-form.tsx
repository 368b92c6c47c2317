/** Another password; it ends every other session. */

import { Button, PasswordInput } from "@mantine/core";
import { useState } from "react";
import "@mantine/core/styles/PasswordInput.css";
import { useApp } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";

export function PasswordForm() {
  const { api } = useApp();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const { busy, error, submit } = useAct(async () => {
    await api("accounts/set-password", { currentPassword: current, newPassword: next });
    setCurrent("");
    setNext("");
    tell("The password is changed; all other sessions are signed out.");
  });
  return (
    <Section title="Password">
      <form onSubmit={submit} className="stack">
        <PasswordInput
          label="Password now"
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          autoComplete="new-password"
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
          error={error}
        />
        <Button type="submit" loading={busy} disabled={current === "" || next === ""}>
          Change the password
        </Button>
      </form>
    </Section>
  );
}
