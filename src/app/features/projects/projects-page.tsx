/** The list of projects: search as you type, filters, state live, start and stop inline, a new project in one field. */

import { SegmentedControl, Text, TextInput, Title } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { countOf } from "../../core/format.ts";
import { byLastEdited, matchesSearch, type ProjectFilter, passesFilter } from "../../core/project-view.ts";
import { useApp, useStore } from "../../ui/app-context.ts";
import { Waiting } from "../../ui/waiting.tsx";
import { NewProject } from "./new-project.tsx";
import { ProjectList } from "./project-list.tsx";

const FILTERS: { value: ProjectFilter; label: string }[] = [
  { value: "all", label: "All" },
  { value: "mine", label: "Mine" },
  { value: "shared", label: "Shared" },
  { value: "hidden", label: "Hidden" },
  { value: "deleted", label: "Deleted" },
];

export function ProjectsPage() {
  const { hub } = useApp();
  const listed = useStore(hub.listed);
  const all = useStore(hub.projects);
  const accountId = useStore(hub.account)?.account_id ?? "";
  const [search, setSearch] = useState("");
  const [filter, setFilter] = useState<ProjectFilter>("all");
  const wanted = useDeferredValue(search);
  const shown = useMemo(
    () =>
      [...all.values()]
        .filter((project) => passesFilter(project, filter, accountId) && matchesSearch(project, wanted))
        .sort(byLastEdited),
    [all, filter, accountId, wanted],
  );
  useEffect(() => {
    document.title = "Projects – CoCalc";
  }, []);
  return (
    <main id="content" className="page projects" tabIndex={-1}>
      <div className="page-head">
        <Title order={1} size="h2">
          Projects
        </Title>
        <NewProject />
      </div>
      <div className="filters">
        <TextInput
          type="search"
          aria-label="Search projects"
          placeholder="Search by title, description or id"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label="Which projects"
          data={FILTERS}
          value={filter}
          onChange={(value) => setFilter(value as ProjectFilter)}
        />
      </div>
      <Text size="sm" c="dimmed" role="status" className="count">
        {listed ? countOf(shown.length, "project") : ""}
      </Text>
      {listed ? (
        <ProjectList projects={shown} empty={emptyWords(all.size, search, filter)} />
      ) : (
        <Waiting>Fetching your projects …</Waiting>
      )}
    </main>
  );
}

function emptyWords(known: number, search: string, filter: ProjectFilter): string {
  if (search !== "") return "No project matches the search.";
  if (known === 0) return "You have no projects yet. Type a name above and press Create to make your first one.";
  if (filter === "all") return "All of your projects are hidden or deleted.";
  return `There are no ${filter} projects.`;
}
