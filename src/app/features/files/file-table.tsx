/** The entries of a folder as a table of which only the visible rows are drawn: 50,000 of them stay fluid. */

// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand in a table of which few are drawn, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the links and buttons inside of cells take the focus

import { Checkbox, Paper, Text } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { FileEntry } from "../../../protocol/project-files.ts";
import type { Sorting, SortKey } from "../../core/file-kinds.ts";
import { useNow } from "../../ui/app-context.ts";
import type { FileQuestion } from "./file-dialogs.tsx";
import { FileRow } from "./file-row.tsx";

const ROW_HEIGHT = 40;
const COLUMNS: { by: SortKey; label: string }[] = [
  { by: "name", label: "Name" },
  { by: "size", label: "Size" },
  { by: "modified", label: "Modified" },
];

interface FileTableProps {
  path: string;
  entries: readonly FileEntry[];
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  ask: (question: FileQuestion) => void;
  empty: string;
}

export function FileTable({ path, entries, sorting, onSort, selected, onSelect, ask, empty }: FileTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const now = useNow(30_000);
  const rows = useVirtualizer({
    count: entries.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
  });
  const all = entries.length > 0 && entries.every(({ name }) => selected.has(name));
  const toggle = (name: string) => {
    const next = new Set(selected);
    if (!next.delete(name)) next.add(name);
    onSelect(next);
  };
  return (
    <div role="table" aria-label="Files" aria-rowcount={entries.length + 1} className="file-table">
      <Header
        sorting={sorting}
        onSort={onSort}
        all={all}
        some={selected.size > 0}
        onAll={() => onSelect(new Set(all ? [] : entries.map(({ name }) => name)))}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached from the keyboard */}
      <div ref={scroller} role="rowgroup" className="file-rows" tabIndex={0} aria-label="Entries">
        <div role="presentation" style={{ height: rows.getTotalSize(), position: "relative" }}>
          {rows.getVirtualItems().map(({ index, start, size }) => {
            const entry = entries[index];
            if (entry === undefined) return null;
            return (
              <FileRow
                key={entry.name}
                path={path}
                entry={entry}
                row={index + 2}
                selected={selected.has(entry.name)}
                onToggle={toggle}
                ask={ask}
                now={now}
                style={{ height: size, transform: `translateY(${start}px)` }}
              />
            );
          })}
        </div>
      </div>
      {entries.length === 0 && (
        <Paper p="xl" className="file-empty">
          <Text size="sm">{empty}</Text>
        </Paper>
      )}
    </div>
  );
}

interface HeaderProps extends Pick<FileTableProps, "sorting" | "onSort"> {
  /** Are all selected? */
  all: boolean;
  some: boolean;
  onAll: () => void;
}

function Header({ sorting, onSort, all, some, onAll }: HeaderProps) {
  return (
    <div role="rowgroup">
      <div role="row" aria-rowindex={1} className="file-row file-header">
        <span role="columnheader">
          <Checkbox size="xs" aria-label="Select all" checked={all} indeterminate={!all && some} onChange={onAll} />
        </span>
        {COLUMNS.map(({ by, label }) => (
          <span key={by} role="columnheader" aria-sort={ariaSort(sorting, by)} className={`file-${by}`}>
            <button
              type="button"
              className="plain"
              onClick={() => onSort({ by, descending: sorting.by === by && !sorting.descending })}
            >
              {label}
              {sorting.by === by &&
                (sorting.descending ? <IconArrowDown size={12} aria-hidden /> : <IconArrowUp size={12} aria-hidden />)}
            </button>
          </span>
        ))}
        <span role="columnheader" className="file-more">
          <span className="hidden-words">Actions</span>
        </span>
      </div>
    </div>
  );
}

function ariaSort(sorting: Sorting, by: SortKey): "ascending" | "descending" | "none" {
  if (sorting.by !== by) return "none";
  return sorting.descending ? "descending" : "ascending";
}
