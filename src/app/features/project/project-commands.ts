/** The commands of an open project, for the palette and the keyboard. */

import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ProjectSummary } from "../../../protocol/project.ts";
import type { ServerEntry } from "../../../protocol/project-web-servers.ts";
import type { App, OpenProject } from "../../core/app.ts";
import type { Command } from "../../core/commands.ts";
import type { EndAction } from "../../core/ending.ts";
import { visibleName } from "../../core/names.ts";
import { baseName } from "../../core/paths.ts";
import { askFor } from "../../core/project-actions.ts";
import { canStart, canStop, type StateWord, stateWord } from "../../core/project-view.ts";
import { namedServerAddress } from "../../core/site.ts";
import type { Tab } from "../../core/tabs.ts";
import { useApp, useCommands, useStore } from "../../ui/app-context.ts";
import { tellFailure } from "../../ui/tell.ts";
import { placeOf } from "./tab-view.tsx";

const PAGES = [
  { page: "files/", title: "Files", shortcut: "mod+alt+F" },
  { page: "trash", title: "Trash" },
  { page: "members", title: "Members" },
  { page: "log", title: "Log" },
  { page: "settings", title: "Settings" },
] as const;

const NONE: readonly ServerEntry[] = [];
const SERVERS_FRESH_MS = 60_000;

/** The servers with a name that the running project can start, where the site can show them. */
function useServers({ site }: App, open: OpenProject): readonly ServerEntry[] {
  const isOnline = useStore(open.connection.status) === "online";
  const { data } = useQuery({
    queryKey: ["servers", open.projectId],
    queryFn: () => open.connection.request("servers", {}),
    enabled: isOnline && site.hasProjectOrigins,
    staleTime: SERVERS_FRESH_MS,
  });
  return data?.servers ?? NONE;
}

export function useProjectCommands(project: ProjectSummary, open: OpenProject): void {
  const app = useApp();
  const navigate = useNavigate();
  const tabs = useStore(open.tabs.list);
  const servers = useServers(app, open);
  const { project_id, title } = project;
  const state = stateWord(project, Date.now());
  const commands = useMemo<Command[]>(() => {
    const go = (page: string) => void navigate({ to: `/projects/${project_id}/${page}` });
    const toTab = (tab: Tab) => () => {
      const { to, params } = placeOf(tab);
      void navigate({ to, params: { projectId: project_id, ...params } });
    };
    return [
      ...PAGES.map(({ page, title, ...rest }) => ({
        id: `page-${page}`,
        title: `Go to ${title.toLowerCase()}`,
        group: "Go to",
        ...rest,
        run: () => go(page),
      })),
      {
        id: "terminal-new",
        title: "Open the terminal",
        group: "Project",
        shortcut: "mod+alt+T",
        run: () => go("terminal/main"),
      },
      ...startCommands(app, { project_id, title, state }),
      ...(state === "running"
        ? [
            ...servers.map(({ title, path }) => ({
              id: `server-${path}`,
              title: `Open ${title}`,
              group: "Project",
              run: () =>
                void window.open(namedServerAddress(app.site, project_id, path), "_blank", "noopener,noreferrer"),
            })),
            { id: "port", title: "Open a web server", group: "Project", run: () => open.askingPort.set(true) },
          ]
        : []),
      ...tabs.map((tab) =>
        tab.kind === "file"
          ? {
              id: `tab-${tab.path}`,
              title: visibleName(baseName(tab.path)),
              hint: visibleName(tab.path),
              group: "Open files",
              run: toTab(tab),
            }
          : {
              id: `term-${tab.name}`,
              title: `Terminal ${tab.name}`,
              group: "Open terminals",
              run: toTab(tab),
            },
      ),
    ];
  }, [app, navigate, project_id, title, state, tabs, servers, open]);
  useCommands("project", commands);
}

interface Startable extends Pick<ProjectSummary, "project_id" | "title"> {
  state: StateWord;
}

/** Starting and ending, each also in rescue mode where that is another thing. */
function startCommands(app: App, { project_id, title, state }: Startable): Command[] {
  const start = (rescue: boolean) => () =>
    void askFor(app, project_id, "start", { rescue }).catch((error) =>
      tellFailure(`“${title}” could not do that`, error),
    );
  const end =
    (action: EndAction, rescue = false) =>
    () =>
      app.ending.set({ projectId: project_id, title, action, rescue });
  const command = (id: string, what: string, run: () => void): Command => ({ id, title: what, group: "Project", run });
  if (canStart(state)) {
    const rescue = command("rescue", "Start the project in rescue mode", start(true));
    return [command("start", "Start the project", start(false)), rescue];
  }
  const stop = canStop(state) ? [command("stop", "Stop the project", end("stop"))] : [];
  if (state !== "running") return stop;
  const rescue = command("rescue", "Restart the project in rescue mode", end("restart", true));
  return [...stop, command("restart", "Restart the project", end("restart")), rescue];
}
