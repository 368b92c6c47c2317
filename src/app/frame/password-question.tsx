/** Asks for one's password when the site wants it before it does something dangerous, and lets that go on. */

import { Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useState } from "react";
import "@mantine/core/styles/PasswordInput.css";
import { useApp, useStore } from "../ui/app-context.ts";
import { useAct } from "../ui/ask.tsx";

export function PasswordQuestion() {
  const isAsked = useStore(useApp().passwordQuestion.isAsked);
  return isAsked ? <Asking /> : null;
}

function Asking() {
  const { api, passwordQuestion } = useApp();
  const [password, setPassword] = useState("");
  const { busy, error, submit } = useAct(async () => {
    await api("accounts/confirm-password", { password });
    passwordQuestion.answer(true);
  });
  const close = () => passwordQuestion.answer(false);
  return (
    <Modal opened onClose={close} title="Is it you?" closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            This is for whoever knows the password of this account. It is not asked again for ten minutes.
          </Text>
          <PasswordInput
            label="Your password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={error}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={password === ""}>
              Go on
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
