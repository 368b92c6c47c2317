/** A question for one's own password, which goes before something dangerous. */

import { Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import "@mantine/core/styles/PasswordInput.css";
import { Answers, useAct } from "./ask.tsx";

interface Props {
  title: string;
  children: ReactNode;
  /** The verb on the button, such as "Delete the account". */
  verb: string;
  danger?: boolean;
  /** @throws what is told below the field, such as that the password is another one. */
  onAnswer: (password: string) => Promise<void>;
  onClose: () => void;
}

export function AskPassword({ title, children, verb, danger = false, onAnswer, onClose }: Props) {
  const [password, setPassword] = useState("");
  const { busy, error, submit } = useAct(() => onAnswer(password));
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">{children}</Text>
          <PasswordInput
            label="Your password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={error}
            data-autofocus
          />
          <Answers verb={verb} danger={danger} busy={busy} disabled={password === ""} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
