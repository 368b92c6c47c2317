/** A terminal in an element of the page: its screen and the client that follows it, from when it is shown until it is left. */

import { type RefObject, useEffect, useState } from "react";
import { copyText } from "../../core/clipboard.ts";
import { reachableAddress } from "../../core/site.ts";
import { TerminalClient } from "../../core/terminal-client.ts";
import { readsToScreenReaders } from "../../core/terminal-settings.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { tellFailure } from "../../ui/tell.ts";
import { openScreen, type Screen } from "./screen.ts";

interface Asked {
  /** Several lines are to be pasted; to be a stable function, as the other. */
  onManyLines: (text: string) => void;
  onSearch: () => void;
}

export interface OpenTerminal {
  client: TerminalClient;
  screen: Screen;
}

/** Tells when a browser takes no text for its clipboard, by whatever way. */
export async function copyOrTell(text: string): Promise<void> {
  if (!(await copyText(text))) tellFailure("Nothing was copied", "The browser does not let this page copy.");
}

export function useTerminal(place: RefObject<HTMLElement | null>, name: string, { onManyLines, onSearch }: Asked) {
  const { site } = useApp();
  const { open } = useProject();
  const [terminal, setTerminal] = useState<OpenTerminal>();
  const [title, setTitle] = useState("");
  useEffect(() => {
    if (place.current === null) return;
    const onLink = (uri: string) =>
      window.open(reachableAddress(site, open.projectId, uri) ?? uri, "_blank", "noopener,noreferrer");
    const onCopy = (text: string) => void copyOrTell(text);
    const screen = openScreen(place.current, { name, onManyLines, onSearch, onLink, onCopy });
    const client = new TerminalClient(open.connection, name, { screen });
    screen.onTyped({ onText: (text) => client.type(text), onBytes: (bytes) => client.typeBytes(bytes) });
    screen.onWindow(() => client.windowChanged());
    screen.onTitle(setTitle);
    setTerminal({ client, screen });
    screen.focus();
    return () => {
      client.close();
      screen.close();
    };
  }, [site, open, name, place, onManyLines, onSearch]);
  const readAloud = useStore(readsToScreenReaders);
  useEffect(() => terminal?.screen.readToScreenReaders(readAloud), [terminal, readAloud]);
  return { ...terminal, title };
}
