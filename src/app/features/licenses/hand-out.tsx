/** Gives a licence to projects: to those of one's own by their titles, and as an administrator to any by its id. */

import { Button, Paper, Text, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { uuid } from "../../../protocol/common.ts";
import type { SiteLicense } from "../../../protocol/licenses.ts";
import { countOf } from "../../core/format.ts";
import { byLastEdited, matchesSearch, mayIn } from "../../core/project-view.ts";
import { useApp, useStore } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";
import { LICENSES_KEY } from "./license-keys.ts";

const MOST_SHOWN = 8;
/** As many as one call takes. */
const MOST_AT_ONCE = 1_000;

export function HandOut({ license, isAdmin }: { license: SiteLicense; isAdmin: boolean }) {
  const give = useGive(license);
  const [text, setText] = useState("");
  const found = useOwnProjects(useDeferredValue(text));
  const ids = found.map(({ project_id }) => project_id).slice(0, MOST_AT_ONCE);
  const isId = uuid.safeParse(text.trim()).success;
  const all = useAct(() => give(ids, countOf(ids.length, "project")));
  const byId = useAct(() => give([text.trim()], "The project"));
  return (
    <Section title="Hand it out">
      <TextInput
        label="Project"
        description={
          isAdmin
            ? "Type a part of the title of a project that you own, or the id of any project."
            : "Type a part of the title of a project that you own."
        }
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={byId.error ?? all.error}
        autoComplete="off"
        spellCheck={false}
      />
      {isAdmin && isId && found.length === 0 && (
        <Button loading={byId.busy} onClick={() => void byId.run()} className="start">
          Give it to that project
        </Button>
      )}
      <div role="status">
        {text.trim() !== "" && found.length === 0 && !isId && (
          <Text size="sm">You own no project of which the title or description has these words.</Text>
        )}
        {found.length > 0 && (
          <Paper withBorder>
            <ul className="rows" aria-label="Projects found">
              {found.slice(0, MOST_SHOWN).map(({ project_id, title }) => (
                <Found key={project_id} title={title} give={() => give([project_id], `“${title}”`)} />
              ))}
            </ul>
          </Paper>
        )}
      </div>
      {found.length > 1 && (
        <Button variant="default" loading={all.busy} onClick={() => void all.run()} className="start">
          Give it to all {ids.length.toLocaleString("en")}
        </Button>
      )}
    </Section>
  );
}

/** Hands a licence out and says so; `whom` begins the sentence. */
function useGive({ id }: SiteLicense) {
  const { api } = useApp();
  const queries = useQueryClient();
  return async (project_ids: string[], whom: string) => {
    await api("licenses/assign", { license_id: id, project_ids });
    await queries.invalidateQueries({ queryKey: LICENSES_KEY });
    tell(`${whom} ${project_ids.length === 1 ? "has" : "have"} the licence now.`);
  };
}

/** The projects that the reader may give it to, of which every word is found; none while nothing is typed. */
function useOwnProjects(search: string) {
  const { hub } = useApp();
  const all = useStore(hub.projects);
  const own = useStore(hub.account);
  return useMemo(
    () =>
      search.trim() === ""
        ? []
        : [...all.values()]
            .filter((project) => !project.deleted && mayIn(project, own, "own") && matchesSearch(project, search))
            .sort(byLastEdited),
    [all, own, search],
  );
}

function Found({ title, give }: { title: string; give: () => Promise<void> }) {
  const { busy, error, run } = useAct(give);
  return (
    <li className="row">
      <Text size="sm" className="row-words">
        {title}
        {error !== undefined && ` – ${error}`}
      </Text>
      <Button size="xs" variant="default" loading={busy} onClick={() => void run()} aria-label={`Give it to ${title}`}>
        Give
      </Button>
    </li>
  );
}
