/** A terminal: the screen, its state in words, restart after exit, and the list of the project's terminals. */

import { Button, Group, Text } from "@mantine/core";
import { IconPlus, IconRefresh } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { reachableAddress } from "../../core/site.ts";
import { Store } from "../../core/store.ts";
import { TerminalClient, type TerminalState } from "../../core/terminal-client.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { tellFailure } from "../../ui/tell.ts";
import { PasteQuestion } from "./paste-question.tsx";
import { openScreen, type Screen } from "./screen.ts";
import { SearchBar } from "./search-bar.tsx";
import { TerminalMenu } from "./terminal-menu.tsx";

const OPENING = new Store<TerminalState>({ kind: "opening" });

export function TerminalPage({ name }: { name: string }) {
  const { site } = useApp();
  const { open } = useProject();
  const place = useRef<HTMLDivElement>(null);
  const [client, setClient] = useState<TerminalClient>();
  const [screen, setScreen] = useState<Screen>();
  const [paste, setPaste] = useState<string>();
  const [searching, setSearching] = useState(false);
  const state = useStore(client?.state ?? OPENING);
  useEffect(() => {
    if (place.current === null) return;
    const onLink = (uri: string) =>
      window.open(reachableAddress(site, open.projectId, uri) ?? uri, "_blank", "noopener,noreferrer");
    const screen = openScreen(place.current, {
      name,
      onManyLines: setPaste,
      onSearch: () => setSearching(true),
      onLink,
    });
    const client = new TerminalClient(open.connection, name, { screen });
    screen.onInput((text) => client.type(text));
    screen.onResize((size) => client.resize(size));
    setClient(client);
    setScreen(screen);
    screen.focus();
    return () => {
      client.close();
      screen.close();
    };
  }, [site, open, name]);
  const restart = () =>
    client?.restart().then(
      () => screen?.focus(),
      (error) => tellFailure("No new shell was started", error),
    );
  return (
    <section className="terminal" aria-label={`Terminal ${name}`}>
      <h1 className="hidden-words">Terminal {name}</h1>
      <div className="terminal-head">
        <Text size="xs" role="status">
          {wordsFor(state)}
        </Text>
        <Group gap="xs">
          {state.kind === "exited" && (
            <Button
              size="compact-xs"
              leftSection={<IconRefresh size={14} aria-hidden />}
              onClick={() => void restart()}
            >
              Start a new shell
            </Button>
          )}
          <NewTerminal />
          <TerminalMenu name={name} screen={screen} onSearch={() => setSearching(true)} />
        </Group>
      </div>
      {searching && screen !== undefined && <SearchBar screen={screen} onClose={() => setSearching(false)} />}
      <div ref={place} className="terminal-screen" />
      {paste !== undefined && screen !== undefined && (
        <PasteQuestion text={paste} onPaste={() => screen.paste(paste)} onClose={() => setPaste(undefined)} />
      )}
    </section>
  );
}

function NewTerminal() {
  const { open } = useProject();
  const navigate = useNavigate();
  const make = () => {
    const taken = new Set(open.tabs.list.get().flatMap((tab) => (tab.kind === "terminal" ? [tab.name] : [])));
    let number = 2;
    while (taken.has(String(number))) number += 1;
    void navigate({
      to: "/projects/$projectId/terminal/$name",
      params: { projectId: open.projectId, name: String(number) } as never,
    });
  };
  return (
    <Button size="compact-xs" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={make}>
      New terminal
    </Button>
  );
}

function wordsFor(state: TerminalState): string {
  if (state.kind === "opening") return "Opening the terminal …";
  if (state.kind === "open") return "";
  if (state.kind === "offline") return "Not connected now; what you type is sent when the connection is back.";
  if (state.kind === "exited") return `The shell has ended (${state.exitCode}).`;
  return state.message;
}
