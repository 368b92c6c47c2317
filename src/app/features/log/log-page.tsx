/** Who did what when in a project; by person and by kind. */

import { Button, NativeSelect, Text, TextInput, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { formatAgo, formatMoment } from "../../core/format.ts";
import { aboutOf, type LogEntry, type LogKind, wordsOfEvent } from "../../core/log-view.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useNow, useProject } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { Waiting } from "../../ui/waiting.tsx";
import { useLogNames } from "./use-log-names.ts";

const KINDS: { value: LogKind | "all"; label: string }[] = [
  { value: "all", label: "Everything" },
  { value: "start", label: "Starts and stops" },
  { value: "members", label: "Members" },
  { value: "project", label: "The project" },
  { value: "files", label: "Files" },
  { value: "other", label: "Other" },
];

const NONE: readonly LogEntry[] = [];

export function LogPage() {
  const { api } = useApp();
  const { project_id } = useProject().project;
  const now = useNow(30_000);
  const [kind, setKind] = useState<string>("all");
  const [person, setPerson] = useState("");
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["log", project_id],
    queryFn: ({ pageParam }) => api("projects/log", { project_id, limit: 100, ...(pageParam && { after: pageParam }) }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    staleTime: 0,
  });
  const entries = useMemo(() => data?.pages.flatMap(({ log }) => log) ?? NONE, [data]);
  const names = useLogNames(entries);
  const nameOf = ({ account_id }: LogEntry) => (account_id === null ? "The site" : (names[account_id] ?? "Somebody"));
  const shown = entries.filter(
    (entry) =>
      (kind === "all" || wordsOfEvent(entry).kind === kind) &&
      nameOf(entry).toLowerCase().includes(person.trim().toLowerCase()),
  );
  return (
    <div className="page">
      <Title order={1} size="h2">
        Log
      </Title>
      <div className="filters">
        <NativeSelect
          aria-label="Kind"
          data={KINDS}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value)}
        />
        <TextInput
          type="search"
          aria-label="Person"
          placeholder="Person"
          value={person}
          onChange={(event) => setPerson(event.currentTarget.value)}
        />
      </div>
      {error !== null && data === undefined && (
        <Problem title="The log cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data === undefined && error === null && <Waiting>Reading the log …</Waiting>}
      {data !== undefined && shown.length === 0 && <Text size="sm">Nothing of that kind has happened yet.</Text>}
      <ul className="rows" aria-label="Log">
        {shown.map((entry) => (
          <li key={entry.id} className="row">
            <Text size="sm" className="row-words">
              <strong>{nameOf(entry)}</strong> {wordsOfEvent(entry, names[aboutOf(entry) ?? ""]).words}
            </Text>
            <Text size="xs" c="dimmed" component="time" dateTime={entry.time} title={formatMoment(entry.time)}>
              {formatAgo(entry.time, now)}
            </Text>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show earlier
        </Button>
      )}
    </div>
  );
}
