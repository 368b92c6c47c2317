/** What was deleted in the project: by whom and when, to be put back or deleted for good. */

import { Button, Checkbox, Group, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { TrashItem } from "../../../protocol/project-files.ts";
import { countOf, formatAgo, formatBytes, formatMoment } from "../../core/format.ts";
import { visibleName } from "../../core/names.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useNow, useProject, useStore } from "../../ui/app-context.ts";
import { Confirm, useAct } from "../../ui/ask.tsx";
import { FileName } from "../../ui/file-name.tsx";
import { Problem } from "../../ui/problem.tsx";
import { tell } from "../../ui/tell.ts";
import { Waiting } from "../../ui/waiting.tsx";

const NONE: readonly TrashItem[] = [];
const SHOWN = 500;

export function TrashPage() {
  const { open } = useProject();
  const changed = useStore(open.filesChanged);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["trash", open.projectId, changed],
    queryFn: () => open.files.trash(),
    placeholderData: (before) => before,
  });
  const items = data ?? NONE;
  const chosen = items.filter(({ id }) => selected.has(id));
  const act = async (what: () => Promise<unknown>) => {
    await what();
    setSelected(new Set());
    open.filesChanged.update((count) => count + 1);
  };
  const restore = useAct(() =>
    act(async () => {
      const { restored } = await open.files.command("restore", { ids: chosen.map(({ id }) => id) });
      tell(
        `${restored
          .map(({ path }) => visibleName(path))
          .slice(0, 3)
          .join(", ")} restored.`,
      );
    }),
  );
  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    setSelected(next);
  };
  return (
    <div className="page">
      <Title order={1} size="h2">
        Trash
      </Title>
      <Text size="sm" c="dimmed">
        What is deleted in Files stays here for 30 days, or until there is more than 5 GB of it. It counts as used disk.
      </Text>
      <Group gap="xs" my="sm">
        <Button size="xs" disabled={chosen.length === 0} loading={restore.busy} onClick={() => void restore.run()}>
          Restore
        </Button>
        <Button size="xs" variant="default" disabled={items.length === 0} onClick={() => setAsking(true)}>
          {chosen.length === 0 ? "Empty the trash" : "Delete for good"}
        </Button>
      </Group>
      {restore.error !== undefined && <Problem title="It was not restored">{restore.error}</Problem>}
      {error !== null && data === undefined && (
        <Problem title="The trash cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data === undefined && error === null && <Waiting>Reading the trash …</Waiting>}
      {data !== undefined && items.length === 0 && <Text size="sm">The trash is empty.</Text>}
      <Items items={items} selected={selected} onToggle={toggle} />
      {asking && (
        <ForGood
          items={chosen.length === 0 ? undefined : chosen}
          count={chosen.length || items.length}
          act={act}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}

interface ItemsProps {
  items: readonly TrashItem[];
  selected: ReadonlySet<string>;
  onToggle: (id: string) => void;
}

function Items({ items, selected, onToggle }: ItemsProps) {
  return (
    <>
      <ul className="rows" aria-label="Trash">
        {items.slice(0, SHOWN).map((item) => (
          <Row key={item.id} item={item} selected={selected.has(item.id)} onToggle={() => onToggle(item.id)} />
        ))}
      </ul>
      {items.length > SHOWN && <Text size="xs">and {countOf(items.length - SHOWN, "older one")}</Text>}
    </>
  );
}

function Row({ item, selected, onToggle }: { item: TrashItem; selected: boolean; onToggle: () => void }) {
  const now = useNow(30_000);
  const { path, size, deleted, by } = item;
  return (
    <li className="row">
      <Checkbox size="xs" checked={selected} onChange={onToggle} aria-label={`Select ${visibleName(path)}`} />
      <Text size="sm" className="row-words">
        <FileName name={path} />
      </Text>
      <Text size="xs" c="dimmed" title={formatMoment(deleted)}>
        {size === null ? "" : `${formatBytes(size)}, `}deleted by {by.name} {formatAgo(deleted, now)}
      </Text>
    </li>
  );
}

interface ForGoodProps {
  /** Undefined: all. */
  items: readonly TrashItem[] | undefined;
  count: number;
  act: (what: () => Promise<unknown>) => Promise<void>;
  onClose: () => void;
}

function ForGood({ items, count, act, onClose }: ForGoodProps) {
  const { open } = useProject();
  const ids = items?.map(({ id }) => id);
  return (
    <Confirm
      title={items === undefined ? "Empty the trash?" : `Delete ${countOf(count, "entry", "entries")} for good?`}
      verb="Delete for good"
      danger
      onClose={onClose}
      onConfirm={() => act(() => open.files.command("empty-trash", ids === undefined ? {} : { ids }))}
    >
      {items === undefined ? `All ${countOf(count, "entry", "entries")} in it are deleted. ` : ""}This cannot be undone.
    </Confirm>
  );
}
