/** Small dialogs: a question that names the thing, and a question for one line of text. */

import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { wordsOf } from "../core/request-error.ts";

interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** The verb on the button, such as "Delete". */
  verb: string;
  danger?: boolean;
  onConfirm: () => void | Promise<void>;
  onClose: () => void;
}

export function Confirm({ title, children, verb, danger = false, onConfirm, onClose }: ConfirmProps) {
  const { busy, error, run } = useAct(onConfirm, onClose);
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <Stack>
        <Text size="sm" component="div">
          {children}
        </Text>
        {error !== undefined && (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {error}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button {...(danger && { color: "red" })} loading={busy} onClick={() => void run()} data-autofocus>
            {verb}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

interface AskTextProps {
  title: string;
  label: string;
  verb: string;
  initial?: string;
  /** What is wrong with a text, in words. */
  problemOf?: (text: string) => string | undefined;
  onAnswer: (text: string) => void | Promise<void>;
  onClose: () => void;
}

export function AskText({ title, label, verb, initial = "", problemOf, onAnswer, onClose }: AskTextProps) {
  const [text, setText] = useState(initial);
  const [touched, setTouched] = useState(false);
  const wanted = text === initial ? text : text.trim(); // what nobody touched stays as it is
  const { busy, error, run } = useAct(() => onAnswer(wanted), onClose);
  const problem = problemOf?.(wanted);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (problem === undefined) void run();
  };
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": "Close" }}>
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label={label}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            error={error ?? (touched ? problem : undefined)}
            data-autofocus
            autoComplete="off"
            spellCheck={false}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Runs an action once at a time, closes after it, and keeps the words of its failure. */
export function useAct(act: () => void | Promise<void>, done: () => void = () => {}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const run = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await act();
      done();
    } catch (failure) {
      setError(wordsOf(failure));
    } finally {
      setBusy(false);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run();
  };
  return { busy, error, run, submit };
}
