/** Above the text: its path, whether it is saved, who else is here, and Save. */

import { Avatar, Button, NativeSelect, Text } from "@mantine/core";
import { IconCheck, IconCloudOff, IconDeviceFloppy, IconLock, IconPencil } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { TEXT_ENCODINGS, type TextEncoding } from "../../../protocol/document-text.ts";
import { shortcutLabel } from "../../core/commands.ts";
import type { DocumentProvider } from "../../core/document-provider.ts";
import type { DocumentState } from "../../core/document-state.ts";
import { formatAgo } from "../../core/format.ts";
import { useNow, useProject, useStore } from "../../ui/app-context.ts";
import { FileName } from "../../ui/file-name.tsx";
import { tellFailure } from "../../ui/tell.ts";

interface EditorHeadProps {
  path: string;
  state: DocumentState;
  provider: DocumentProvider;
}

export function EditorHead({ path, state, provider }: EditorHeadProps) {
  const now = useNow(10_000);
  const save = () =>
    void provider.save().catch((error) => tellFailure("It could not be saved now; what you typed is kept", error));
  const { open } = useProject();
  const isConnected = useStore(open.connection.status) === "online";
  const { icon: Icon, words } = savedWords(state, { now, isConnected });
  return (
    <div className="editor-head">
      <Text component="h1" size="xs" fw={400} truncate className="editor-path">
        <FileName name={path} />
      </Text>
      {state.encoding !== undefined && <Encoding encoding={state.encoding} provider={provider} />}
      <span className="saved" role="status" title={state.inPlace && `Written in place: ${state.inPlace}.`}>
        <Icon size={14} aria-hidden />
        {words}
      </span>
      <Others provider={provider} />
      <Button
        size="compact-xs"
        variant="default"
        onClick={save}
        disabled={!state.online || state.readOnly !== undefined}
        title={`Save (${shortcutLabel("mod+S")})`}
      >
        Save
      </Button>
    </div>
  );
}

/** The encoding that somebody chose, to be chosen anew where it was the wrong one. */
function Encoding({ encoding, provider }: { encoding: TextEncoding; provider: DocumentProvider }) {
  const open = async (chosen: TextEncoding) => {
    if (!(await provider.openAs(chosen))) tellFailure(`It stays in ${TEXT_ENCODINGS[encoding]}`, NOT_OPENED_SO);
  };
  return (
    <NativeSelect
      size="xs"
      variant="unstyled"
      className="encoding"
      aria-label="Encoding"
      data={Object.entries(TEXT_ENCODINGS).map(([value, label]) => ({ value, label }))}
      value={encoding}
      onChange={({ currentTarget }) => void open(currentTarget.value as TextEncoding)} // one of those above
    />
  );
}

const NOT_OPENED_SO =
  "Another encoding can be chosen once all is saved and nobody else has the file open, and if its bytes can be read so.";

function savedWords(state: DocumentState, { now, isConnected }: { now: number; isConnected: boolean }) {
  const { online, unsent, saved, savedAt, readOnly, error } = state;
  if (readOnly !== undefined) return { icon: IconLock, words: `Read only: ${readOnly}` };
  if (error !== undefined) return { icon: IconCloudOff, words: `Not saved: ${error}` };
  if (!online && isConnected) return { icon: IconPencil, words: "Opening …" };
  if (!online) return { icon: IconCloudOff, words: unsent ? "Offline: kept in this browser" : "Offline" };
  if (unsent) return { icon: IconPencil, words: "Sending …" };
  if (!saved) return { icon: IconDeviceFloppy, words: "Saving …" };
  const how = state.inPlace === undefined ? "" : ", in place";
  return { icon: IconCheck, words: savedAt === undefined ? "Saved" : `Saved ${formatAgo(savedAt, now)}${how}` };
}

interface Person {
  id: number;
  name: string;
  color: string;
}

/** Who else has the file open. */
function Others({ provider }: { provider: DocumentProvider }) {
  const { awareness } = useStore(provider.live);
  const [people, setPeople] = useState<readonly Person[]>([]);
  useEffect(() => {
    const look = () => setPeople(othersIn(awareness.getStates(), awareness.clientID));
    look();
    awareness.on("change", look);
    return () => awareness.off("change", look);
  }, [awareness]);
  if (people.length === 0) return null;
  return (
    <span className="faces" role="img" aria-label={`Also here: ${people.map(({ name }) => name).join(", ")}`}>
      <Avatar.Group spacing="xs">
        {people.map(({ id, name, color }) => (
          <Avatar
            key={id}
            size="sm"
            name={name}
            title={name}
            alt=""
            styles={{ placeholder: { background: color, color: "#fff" } }}
          />
        ))}
      </Avatar.Group>
    </span>
  );
}

/** States come from other browsers: nothing about them is taken for granted. */
function othersIn(states: Map<number, Record<string, unknown>>, own: number): Person[] {
  return [...states].flatMap(([id, { user }]) => {
    if (id === own || typeof user !== "object" || user === null) return [];
    const name = "name" in user && typeof user.name === "string" ? user.name : "Somebody";
    const color =
      "color" in user && typeof user.color === "string" && /^#[0-9a-f]{6}$/i.test(user.color) ? user.color : "#3b5bdb";
    return [{ id, name, color }];
  });
}
