/** Going into rescue mode from the settings, and out of it. */

import { Button, Text } from "@mantine/core";
import { askFor } from "../../core/project-actions.ts";
import { canStart, stateWord } from "../../core/project-view.ts";
import { useApp, useNow, useProject } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";

export function RescueForm() {
  const app = useApp();
  const { project } = useProject();
  const { project_id, title } = project;
  const isStopped = canStart(stateWord(project, useNow(5_000)));
  const isRescued = project.state?.rescue === true;
  const start = useAct(() => askFor(app, project_id, "start", { rescue: true }));
  const restart = (rescue: boolean) => app.ending.set({ projectId: project_id, title, action: "restart", rescue });
  if (project.deleted) return null;
  return (
    <Section title="Rescue mode">
      <Text size="sm">
        For a project that its own files keep from working, such as a broken project_init.sh or .bashrc: files and
        terminals only, and nothing of the home folder is executed.
      </Text>
      {isRescued ? (
        <Button variant="default" className="start" onClick={() => restart(false)}>
          Restart normally
        </Button>
      ) : (
        <Button
          variant="default"
          className="start"
          loading={start.busy}
          onClick={() => (isStopped ? void start.run() : restart(true))}
        >
          {isStopped ? "Start in rescue mode" : "Restart in rescue mode"}
        </Button>
      )}
      {start.error !== undefined && (
        <Text size="sm" role="alert" c="var(--mantine-color-error)">
          {start.error}
        </Text>
      )}
    </Section>
  );
}
