/** The projects as a list of which only the visible part is drawn: thousands scroll and filter without lag. */

import { Paper, Text } from "@mantine/core";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState } from "react";
import type { ProjectSummary } from "../../../protocol/project.ts";
import { useApp, useNow, useStore } from "../../ui/app-context.ts";
import { ProjectRow } from "./project-row.tsx";
import { useNames } from "./use-names.ts";

const ROW_HEIGHT = 68;

export function ProjectList({ projects, empty }: { projects: readonly ProjectSummary[]; empty: string }) {
  const accountId = useStore(useApp().hub.account)?.account_id ?? "";
  const now = useNow(10_000);
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const rows = useWindowVirtualizer({
    count: projects.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    scrollMargin: top,
    getItemKey: (index) => projects[index]?.project_id ?? index,
  });
  const visible = rows.getVirtualItems();
  const names = useNames(visible.map(({ index }) => projects[index]).filter((project) => project !== undefined));
  return (
    <>
      {projects.length === 0 && (
        <Paper withBorder p="xl">
          <Text>{empty}</Text>
        </Paper>
      )}
      <ul ref={list} className="project-list" aria-label="Projects" style={{ height: rows.getTotalSize() }}>
        {visible.map(({ index, key, start, size }) => {
          const project = projects[index];
          if (project === undefined) return null;
          return (
            <li key={key} style={{ height: size, transform: `translateY(${start - rows.options.scrollMargin}px)` }}>
              <ProjectRow project={project} accountId={accountId} names={names} now={now} />
            </li>
          );
        })}
      </ul>
    </>
  );
}
