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
        <Answers verb={verb} danger={danger} busy={busy} onClose={onClose} onConfirm={() => void run()} />
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
          <Answers verb={verb} busy={busy} onClose={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}

interface AnswersProps {
  verb: string;
  danger?: boolean;
  busy: boolean;
  /** Nothing to be confirmed yet. */
  disabled?: boolean;
  onClose: () => void;
  /** Without, it submits the form that it stands in. */
  onConfirm?: () => void;
}

/** The two answers to a question: no, and the verb. */
export function Answers({ verb, danger = false, busy, disabled = false, onClose, onConfirm }: AnswersProps) {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onClose}>
        Cancel
      </Button>
      <Button
        {...(danger && { color: "red" })}
        {...(onConfirm === undefined ? { type: "submit" } : { onClick: onConfirm, "data-autofocus": true })}
        loading={busy}
        disabled={disabled}
      >
        {verb}
      </Button>
    </Group>
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
