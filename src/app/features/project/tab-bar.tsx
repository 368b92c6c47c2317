/** The tabs of open files and terminals. */

import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { type Tab, tabKey } from "../../core/tabs.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { placeOf, TabView } from "./tab-view.tsx";
import { useOpenTab } from "./use-open-tab.ts";

const FILES = { to: "/projects/$projectId/files/$", params: { _splat: "" } } as const;

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
    document.getElementById("content")?.focus(); // the button that had it is gone
    if (tabKey(tab) !== hereKey) return;
    const next = beside === undefined ? FILES : placeOf(beside);
    void navigate({ to: next.to, params: { projectId: project.project_id, ...next.params } });
  };
  return (
    <nav className="tabs" aria-label="Open files and terminals">
      {tabs.map((tab) => (
        <TabView key={tabKey(tab)} tab={tab} here={tabKey(tab) === hereKey} onClose={() => close(tab)} />
      ))}
    </nav>
  );
}
