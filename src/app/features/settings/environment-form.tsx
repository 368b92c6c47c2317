/** Environment variables of a project's processes, one line each. */

import { Button, Text, Textarea } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { changeProject } from "../../core/project-actions.ts";
import { wordsOf } from "../../core/request-error.ts";
import { formatVariables, parseVariables } from "../../core/variables.ts";
import { useApp, useProject } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";

export function EnvironmentForm() {
  const app = useApp();
  const { project } = useProject();
  const queries = useQueryClient();
  const [text, setText] = useState<string>();
  const key = ["env", project.project_id];
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: async () => (await app.api("projects/get-one", { project_id: project.project_id })).env,
  });
  const known = data === undefined ? "" : formatVariables(data);
  const parsed = parseVariables(text ?? known);
  const act = useAct(async () => {
    if (parsed.problem !== undefined) throw new Error(parsed.problem);
    await changeProject(app, project.project_id, { env: parsed.variables });
    await queries.invalidateQueries({ queryKey: key });
    setText(undefined);
    tell("Saved; the variables are set from the next start on.");
  });
  return (
    <Section title="Environment">
      {error !== null && data === undefined && (
        <Problem title="The variables cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data !== undefined && (
        <form onSubmit={act.submit} className="stack">
          <Textarea
            label="Variables"
            description="One on each line, such as NAME=value. Everybody in the project can read them."
            value={text ?? known}
            autosize
            minRows={2}
            maxRows={16}
            spellCheck={false}
            disabled={project.deleted}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            onChange={(event) => setText(event.currentTarget.value)}
            error={act.error ?? (text === undefined ? undefined : parsed.problem)}
          />
          <Button
            type="submit"
            loading={act.busy}
            disabled={text === undefined || text === known || parsed.problem !== undefined}
          >
            Save
          </Button>
          <Text size="xs" c="dimmed">
            They apply from the next start on.
          </Text>
        </form>
      )}
    </Section>
  );
}
