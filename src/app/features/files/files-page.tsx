/** One folder: where it is, what is in it, and what can be done with that. */

import { Text, TextInput } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { type ReactNode, useDeferredValue, useMemo, useState } from "react";
import type { FileEntry } from "../../../protocol/project-files.ts";
import { type Sorting, sortEntries } from "../../core/file-kinds.ts";
import { countOf } from "../../core/format.ts";
import { visibleName } from "../../core/names.ts";
import { wordsOf } from "../../core/request-error.ts";
import { Problem } from "../../ui/problem.tsx";
import { Waiting } from "../../ui/waiting.tsx";
import { Breadcrumbs } from "./breadcrumbs.tsx";
import { DropZone } from "./drop-zone.tsx";
import { FileDialogs, type FileQuestion } from "./file-dialogs.tsx";
import { FileTable } from "./file-table.tsx";
import { Toolbar } from "./toolbar.tsx";
import { UploadPanel } from "./upload-panel.tsx";
import { useListing } from "./use-listing.ts";

const NOTHING: readonly FileEntry[] = [];

export function FilesPage({ path }: { path: string }) {
  const { data, error, refetch } = useListing(path);
  const [filter, setFilter] = useState("");
  const [sorting, setSorting] = useState<Sorting>({ by: "name", descending: false });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [question, setQuestion] = useState<FileQuestion>();
  const [showHidden, setShowHidden] = useState(false);
  const wanted = useDeferredValue(filter).toLowerCase();
  const entries = data?.entries ?? NOTHING;
  const shown = useMemo(() => {
    const matching = entries.filter(
      ({ name }) => visibleName(name).toLowerCase().includes(wanted) && (showHidden || !name.startsWith(".")),
    );
    return sortEntries(matching, sorting);
  }, [entries, wanted, sorting, showHidden]);
  const chosen = shown.filter(({ name }) => selected.has(name));
  const writable = data?.writable ?? true;
  return (
    <DropZone path={path} disabled={!writable}>
      <div className="files">
        <h1 className="hidden-words">Files in {path === "" ? "the home folder" : visibleName(path)}</h1>
        <div className="files-head">
          <Breadcrumbs path={path} />
          <Toolbar
            path={path}
            chosen={chosen}
            writable={writable}
            ask={setQuestion}
            showHidden={showHidden}
            onShowHidden={setShowHidden}
          />
        </div>
        <Filter value={filter} onChange={setFilter}>
          {data === undefined ? "" : countOf(shown.length, "entry", "entries")}
          {chosen.length > 0 ? `, ${chosen.length.toLocaleString("en")} selected` : ""}
          {writable ? "" : ". This folder can only be read."}
        </Filter>
        {error !== null && data === undefined && (
          <Problem title="This folder cannot be shown" onRetry={() => void refetch()}>
            {wordsOf(error)}
          </Problem>
        )}
        {data === undefined && error === null && <Waiting>Reading the folder …</Waiting>}
        {data !== undefined && (
          <FileTable
            path={path}
            entries={shown}
            sorting={sorting}
            onSort={setSorting}
            selected={selected}
            onSelect={setSelected}
            ask={setQuestion}
            empty={emptyWords(entries.length, filter)}
          />
        )}
      </div>
      <UploadPanel />
      <FileDialogs
        path={path}
        entries={entries}
        question={question}
        onClose={() => setQuestion(undefined)}
        onGone={() => setSelected(new Set())}
      />
    </DropZone>
  );
}

interface FilterProps {
  value: string;
  onChange: (value: string) => void;
  /** How many there are then. */
  children: ReactNode;
}

function Filter({ value, onChange, children }: FilterProps) {
  return (
    <div className="filters">
      <TextInput
        type="search"
        size="xs"
        aria-label="Filter this folder"
        placeholder="Filter this folder"
        leftSection={<IconFilter size={14} aria-hidden />}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <Text size="xs" c="dimmed" role="status">
        {children}
      </Text>
    </div>
  );
}

function emptyWords(known: number, filter: string): string {
  if (filter !== "") return "Nothing in this folder matches the filter.";
  if (known > 0) return "There are only hidden files here.";
  return "This folder is empty. Make a file with New, or drop files here to upload them.";
}
