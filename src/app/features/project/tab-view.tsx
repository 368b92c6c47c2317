/** One tab: a link that can be dragged to another place, and closed by its button, the middle mouse button or Delete. */

import { CloseButton } from "@mantine/core";
import { IconFile, IconTerminal2 } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type DragEvent, type KeyboardEvent, type MouseEvent, useEffect, useRef } from "react";
import { splatOf } from "../../core/file-address.ts";
import { visibleName } from "../../core/names.ts";
import { baseName } from "../../core/paths.ts";
import { type Tab, tabKey } from "../../core/tabs.ts";
import { useProject } from "../../ui/app-context.ts";

const DRAGGED = "application/x-cocalc-tab";
const MIDDLE = 1;

export const placeOf = (tab: Tab) =>
  tab.kind === "file"
    ? ({ to: "/projects/$projectId/files/$", params: { _splat: splatOf(tab.path) } } as const)
    : ({ to: "/projects/$projectId/terminal/$name", params: { name: tab.name } } as const);

export function TabView({ tab, here, onClose }: { tab: Tab; here: boolean; onClose: () => void }) {
  const { project, open } = useProject();
  const place = useRef<HTMLSpanElement>(null);
  const { to, params } = placeOf(tab);
  const label = tab.kind === "file" ? visibleName(baseName(tab.path)) : tab.name;
  const key = tabKey(tab);
  useEffect(() => {
    if (here) place.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [here]);
  const drop = (event: DragEvent) => {
    const moved = event.dataTransfer.getData(DRAGGED);
    if (moved !== "") open.tabs.move(moved, key);
  };
  const closeByMouse = (event: MouseEvent) => {
    if (event.button !== MIDDLE) return;
    event.preventDefault(); // it would open another window
    onClose();
  };
  const closeByKey = (event: KeyboardEvent) => event.key === "Delete" && onClose();
  const Icon = tab.kind === "file" ? IconFile : IconTerminal2;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dragging is an extra; the link inside is what is used
    <span
      ref={place}
      className={here ? "tab tab-here" : "tab"}
      draggable
      onDragStart={(event) => event.dataTransfer.setData(DRAGGED, key)}
      onDragOver={(event) => event.dataTransfer.types.includes(DRAGGED) && event.preventDefault()}
      onDrop={drop}
    >
      <Link
        to={to}
        params={{ projectId: project.project_id, ...params }}
        aria-current={here ? "page" : undefined}
        title={tab.kind === "file" ? visibleName(tab.path) : `Terminal ${tab.name}`}
        draggable={false}
        onAuxClick={closeByMouse}
        onKeyDown={closeByKey}
      >
        <Icon size={14} aria-hidden />
        <span className="tab-name">{label}</span>
      </Link>
      <CloseButton size={24} iconSize={14} onClick={onClose} aria-label={`Close ${label}`} />
    </span>
  );
}
