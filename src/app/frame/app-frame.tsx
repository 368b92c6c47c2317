/** The frame around every page: the top bar, the word about the connection, and the palette. */

import { Button, Kbd } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { type ComponentType, lazy, Suspense, useEffect, useMemo, useState } from "react";
import { type Command, fitsShortcut, isMac, shortcutLabel } from "../core/commands.ts";
import { useApp, useCommands, useSelected, useStore } from "../ui/app-context.ts";
import { tellFailure } from "../ui/tell.ts";
import { AccountMenu } from "./account-menu.tsx";
import { ADMIN_PAGES } from "./admin-pages.ts";
import { ConnectionBanner } from "./connection-banner.tsx";
import { EndQuestion } from "./end-question.tsx";
import { PasswordQuestion } from "./password-question.tsx";
import { ProjectSwitcher } from "./project-switcher.tsx";
import { useAskAgain } from "./use-ask-again.ts";

type PaletteModule = { default: ComponentType<{ onClose: () => void }> };
const loadPalette = (): Promise<PaletteModule> => import("./palette.tsx").then(({ Palette }) => ({ default: Palette }));
const Palette = lazy(() => loadPalette().catch(() => ({ default: PaletteAway })));
const FETCH_AHEAD_MS = 3_000;

export function AppFrame() {
  const [palette, setPalette] = useState(false);
  const openPalette = useMemo(() => () => setPalette(true), []);
  const paletteKey = usePaletteKey();
  useShortcuts(paletteKey, openPalette);
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette().catch(() => {}), FETCH_AHEAD_MS); // so that it is there offline; else asked for again
    return () => clearTimeout(timer);
  }, []);
  useGlobalCommands();
  useAskAgain(useStore(useApp().hub.status) === "online");
  return (
    <div className="app">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <header className="top">
        <Link to="/projects" className="brand">
          CoCalc
        </Link>
        <ProjectSwitcher />
        <Button
          className="palette-button"
          variant="default"
          size="xs"
          leftSection={<IconSearch size={14} aria-hidden />}
          rightSection={<Kbd size="xs">{shortcutLabel(paletteKey)}</Kbd>}
          onClick={openPalette}
          aria-label={`Search actions and files (${shortcutLabel(paletteKey)})`}
        >
          <span className="palette-words">Search</span>
        </Button>
        <AccountMenu />
      </header>
      <ConnectionBanner />
      <Outlet />
      <EndQuestion />
      <PasswordQuestion />
      {palette && (
        <Suspense>
          <Palette onClose={() => setPalette(false)} />
        </Suspense>
      )}
    </div>
  );
}

/** The palette's code could not be fetched: says so, and the page stays as it is. */
function PaletteAway({ onClose }: { onClose: () => void }) {
  useEffect(() => {
    tellFailure("The search cannot be opened now", "The connection is away. Reload the page when it is back.");
    onClose();
  }, [onClose]);
  return null;
}

/** In a terminal Ctrl+K is the shell's, which deletes the rest of a line by it. */
function usePaletteKey(): string {
  const inTerminal = useRouterState({ select: ({ location }) => /\/terminal\//.test(location.pathname) });
  return inTerminal && !isMac() ? "mod+shift+K" : "mod+K";
}

/** Listens to the palette's key and to those of all registered commands. */
function useShortcuts(paletteKey: string, openPalette: () => void): void {
  const commands = useStore(useApp().commands.list);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const act = fitsShortcut(event, paletteKey)
        ? openPalette
        : commands.find(({ shortcut }) => shortcut !== undefined && fitsShortcut(event, shortcut))?.run;
      if (act === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    };
    window.addEventListener("keydown", onKey, { capture: true }); // before the editor and the terminal take it
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, [commands, paletteKey, openPalette]);
}

function useGlobalCommands(): void {
  const navigate = useNavigate();
  const isAdmin = useSelected(useApp().hub.account, (account) => account?.is_admin === true);
  const commands = useMemo<Command[]>(
    () => [
      { id: "go-projects", title: "Go to projects", group: "Go to", run: () => void navigate({ to: "/projects" }) },
      { id: "go-account", title: "Go to account", group: "Go to", run: () => void navigate({ to: "/account" }) },
      { id: "go-licenses", title: "Go to licences", group: "Go to", run: () => void navigate({ to: "/licenses" }) },
      ...(isAdmin ? ADMIN_PAGES : []).map(({ to, title }) => ({
        id: `go-${to}`,
        title: `Go to administration: ${title.toLowerCase()}`,
        group: "Go to",
        run: () => void navigate({ to }),
      })),
    ],
    [navigate, isAdmin],
  );
  useCommands("global", commands);
}
