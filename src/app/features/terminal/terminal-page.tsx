/** A terminal: the screen, its state in words, restart after exit, and the list of the project's terminals. */

import { Button, Group, Text } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useCallback, useRef, useState } from "react";
import { Store } from "../../core/store.ts";
import type { TerminalState } from "../../core/terminal-client.ts";
import { useStore } from "../../ui/app-context.ts";
import { tellFailure } from "../../ui/tell.ts";
import { NewTerminal } from "./new-terminal-button.tsx";
import { PasteQuestion } from "./paste-question.tsx";
import { SearchBar } from "./search-bar.tsx";
import { TerminalMenu } from "./terminal-menu.tsx";
import { TouchKeys } from "./touch-keys.tsx";
import { type OpenTerminal, useTerminal } from "./use-terminal.ts";

const OPENING = new Store<TerminalState>({ kind: "opening" });

export function TerminalPage({ name }: { name: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [paste, setPaste] = useState<string>();
  const [searching, setSearching] = useState(false);
  const search = useCallback(() => setSearching(true), []);
  const { client, screen, title } = useTerminal(place, name, { onManyLines: setPaste, onSearch: search });
  const state = useStore(client?.state ?? OPENING);
  return (
    <section className="terminal" aria-label={`Terminal ${name}`}>
      <h1 className="hidden-words">Terminal {name}</h1>
      <div className="terminal-head">
        <Text size="xs" role="status" truncate title={title}>
          {wordsFor(state) ?? title}
        </Text>
        <Group gap="xs" wrap="nowrap">
          {state.kind === "exited" && client !== undefined && screen !== undefined && (
            <Restart client={client} screen={screen} />
          )}
          <NewTerminal screen={screen} />
          <TerminalMenu name={name} screen={screen} onSearch={search} />
        </Group>
      </div>
      {searching && screen !== undefined && <SearchBar screen={screen} onClose={() => setSearching(false)} />}
      <div ref={place} className="terminal-screen" />
      {screen !== undefined && <TouchKeys screen={screen} />}
      {paste !== undefined && screen !== undefined && (
        <PasteQuestion text={paste} onPaste={() => screen.paste(paste)} onClose={() => setPaste(undefined)} />
      )}
    </section>
  );
}

function Restart({ client, screen }: OpenTerminal) {
  const restart = () =>
    client.restart().then(
      () => screen.focus(),
      (error) => tellFailure("No new shell was started", error),
    );
  return (
    <Button size="compact-xs" leftSection={<IconRefresh size={14} aria-hidden />} onClick={() => void restart()}>
      Start a new shell
    </Button>
  );
}

/** Undefined when there is nothing to say. */
function wordsFor(state: TerminalState): string | undefined {
  if (state.kind === "opening") return "Opening the terminal …";
  if (state.kind === "open") return undefined;
  if (state.kind === "offline") return "Not connected now; what you type is sent when the connection is back.";
  if (state.kind === "exited") return `The shell has ended (${state.exitCode}).`;
  return state.message;
}
