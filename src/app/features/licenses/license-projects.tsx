/** Which projects have a licence, what became of it in each, and taking it away. */

import { Button, Checkbox, Text } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { LicensedProject, ManagedLicense } from "../../../protocol/api-v2-licenses.ts";
import { formatAgo } from "../../core/format.ts";
import { STATUS_WORDS } from "../../core/license-view.ts";
import { mayIn } from "../../core/project-view.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useNow, useSelected, useStore } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";
import { tellUndoable } from "../../ui/tell-undoable.tsx";
import { Waiting } from "../../ui/waiting.tsx";
import { LICENSES_KEY, licensedProjectsKey } from "./license-keys.ts";

const EVERY_MS = 15_000;

export function LicenseProjects({ license, isAdmin }: { license: ManagedLicense; isAdmin: boolean }) {
  const { api } = useApp();
  const [running, setRunning] = useState(false);
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [...licensedProjectsKey(license.id), running],
    queryFn: ({ pageParam }) =>
      api("licenses/get-projects", { license_id: license.id, running, ...(pageParam && { after: pageParam }) }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
    refetchInterval: EVERY_MS,
  });
  const projects = data?.pages.flatMap((page) => page.projects);
  return (
    <Section title="Projects that have it">
      <Checkbox
        label="Only those that run with it now"
        checked={running}
        onChange={(event) => setRunning(event.currentTarget.checked)}
      />
      {error !== null && projects === undefined && (
        <Problem title="The projects cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {projects === undefined && error === null && <Waiting>Looking who has it …</Waiting>}
      {projects?.length === 0 && <Text size="sm">{running ? "None runs with it now." : "No project has it."}</Text>}
      <ul className="rows" aria-label="Projects that have it">
        {(projects ?? []).map((project) => (
          <ProjectWithIt key={project.project_id} project={project} licenseId={license.id} isAdmin={isAdmin} />
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </Section>
  );
}

interface ProjectProps {
  project: LicensedProject;
  licenseId: string;
  isAdmin: boolean;
}

function ProjectWithIt({ project, licenseId, isAdmin }: ProjectProps) {
  const { api } = useApp();
  const queries = useQueryClient();
  const now = useNow(30_000);
  const { project_id, title, status, reason, running, last_edited, deleted } = project;
  const change = async (endpoint: "licenses/assign" | "licenses/unassign") => {
    await api(endpoint, { license_id: licenseId, project_ids: [project_id] });
    await queries.invalidateQueries({ queryKey: LICENSES_KEY });
  };
  const { busy, error, run } = useAct(async () => {
    await change("licenses/unassign");
    const words = `“${title}” does not have the licence any more.`;
    if (deleted) tell(words);
    else tellUndoable(words, () => change("licenses/assign"));
  });
  const mayTake = useMayOwn(project_id) || isAdmin;
  const became = status === null ? "Not started with it yet" : STATUS_WORDS[status];
  return (
    <li className="row">
      <div className="row-words">
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <Text size="xs" c="dimmed">
          {deleted && "Deleted · "}
          {running ? "Runs with it" : became}
          {reason !== null && ` – ${reason}`}
          {last_edited !== null && ` · edited ${formatAgo(last_edited, now)}`}
        </Text>
        {error !== undefined && (
          <Text size="xs" role="alert" c="var(--mantine-color-error)">
            {error}
          </Text>
        )}
      </div>
      {mayTake && (
        <Button
          size="xs"
          variant="default"
          loading={busy}
          onClick={() => void run()}
          aria-label={`Take the licence from ${title}`}
        >
          Take away
        </Button>
      )}
    </li>
  );
}

/** Is it among the reader's own projects? Managers take a licence from those alone. */
function useMayOwn(projectId: string): boolean {
  const { hub } = useApp();
  const project = useSelected(hub.projects, (all) => all.get(projectId));
  const own = useStore(hub.account);
  return project !== undefined && mayIn(project, own, "own");
}
