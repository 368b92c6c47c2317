/** The tabs of open files and terminals: links that can be reordered by dragging and closed. */

import { CloseButton } from "@mantine/core";
import { IconFile, IconTerminal2 } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { type DragEvent, useEffect } from "react";
import { baseName } from "../../core/paths.ts";
import { type Tab, tabKey } from "../../core/tabs.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { useOpenTab } from "./use-open-tab.ts";

const DRAGGED = "application/x-cocalc-tab";

const placeOf = (tab: Tab) =>
  tab.kind === "file"
    ? { to: "/projects/$projectId/files/$", params: { _splat: tab.path } }
    : { to: "/projects/$projectId/terminal/$name", params: { name: tab.name } };

export function TabBar() {
  const { project, open } = useProject();
  const navigate = useNavigate();
  const tabs = useStore(open.tabs.list);
  const here = useOpenTab();
  const hereKey = here === undefined ? undefined : tabKey(here);
  useEffect(() => {
    if (here !== undefined) open.tabs.open(here);
  }, [here, open]);
  if (tabs.length === 0) return null;
  const close = (tab: Tab) => {
    const beside = open.tabs.close(tab);
    if (tabKey(tab) !== hereKey) return;
    const next =
      beside === undefined ? { to: "/projects/$projectId/files/$", params: { _splat: "" } } : placeOf(beside);
    void navigate({ to: next.to, params: { projectId: project.project_id, ...next.params } as never });
  };
  return (
    <nav className="tabs" aria-label="Open files and terminals">
      {tabs.map((tab) => (
        <TabView key={tabKey(tab)} tab={tab} here={tabKey(tab) === hereKey} onClose={() => close(tab)} />
      ))}
    </nav>
  );
}

function TabView({ tab, here, onClose }: { tab: Tab; here: boolean; onClose: () => void }) {
  const { project, open } = useProject();
  const { to, params } = placeOf(tab);
  const label = tab.kind === "file" ? baseName(tab.path) : tab.name;
  const key = tabKey(tab);
  const drop = (event: DragEvent) => {
    const moved = event.dataTransfer.getData(DRAGGED);
    if (moved !== "") open.tabs.move(moved, key);
  };
  const Icon = tab.kind === "file" ? IconFile : IconTerminal2;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dragging is an extra; the link inside is what is used
    <span
      className={here ? "tab tab-here" : "tab"}
      draggable
      onDragStart={(event) => event.dataTransfer.setData(DRAGGED, key)}
      onDragOver={(event) => event.dataTransfer.types.includes(DRAGGED) && event.preventDefault()}
      onDrop={drop}
    >
      <Link
        to={to}
        params={{ projectId: project.project_id, ...params } as never}
        aria-current={here ? "page" : undefined}
        title={tab.kind === "file" ? tab.path : `Terminal ${tab.name}`}
        draggable={false}
      >
        <Icon size={14} aria-hidden />
        {label}
      </Link>
      <CloseButton size={24} iconSize={14} onClick={onClose} aria-label={`Close ${label}`} />
    </span>
  );
}
