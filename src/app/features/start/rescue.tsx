/** Rescue mode: the offer of it where a project does not start, and what is said while it runs in it. */

import { Button, Text } from "@mantine/core";
import { IconLifebuoy } from "@tabler/icons-react";
import { askFor } from "../../core/project-actions.ts";
import { mayIn, type StateWord } from "../../core/project-view.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";

/** Beside a start that failed, or that does not come to its end. */
export function RescueOffer({ state, compact = false }: { state: StateWord; compact?: boolean }) {
  const app = useApp();
  const { project } = useProject();
  // A server that ends again and again may be there just now: a start would leave it alone.
  const action = state === "stopped" ? "start" : "restart";
  const rescue = useAct(() => askFor(app, project.project_id, action, { rescue: true }));
  if (!mayIn(project, useStore(app.hub.account), "control")) return null;
  return (
    <div className="rescue-offer">
      {!compact && (
        <Text size="sm">
          In rescue mode you get its files and a terminal, and nothing of the home folder is executed: so you can mend
          what keeps it from starting.
        </Text>
      )}
      <Button
        variant="default"
        size={compact ? "compact-sm" : "sm"}
        leftSection={<IconLifebuoy size={16} aria-hidden />}
        loading={rescue.busy}
        onClick={() => void rescue.run()}
      >
        Start in rescue mode
      </Button>
      {rescue.error !== undefined && (
        <Text size="sm" role="alert" c="var(--mantine-color-error)">
          {rescue.error}
        </Text>
      )}
    </div>
  );
}

/** Above the pages of a project that runs in rescue mode. */
export function RescueBanner() {
  const app = useApp();
  const { project } = useProject();
  const { project_id, title } = project;
  const mayRestart = mayIn(project, useStore(app.hub.account), "control");
  if (project.state?.rescue !== true || project.state.state !== "running") return null;
  return (
    <div className="project-notice" role="status">
      <IconLifebuoy size={18} aria-hidden />
      <Text size="sm">
        <strong>Rescue mode:</strong> files and terminals only. Nothing of the home folder is executed, and the
        project’s environment variables are not set. A terminal finds the home folder in $PROJECT_HOME.
      </Text>
      {mayRestart && (
        <Button
          size="xs"
          variant="default"
          onClick={() => app.ending.set({ projectId: project_id, title, action: "restart" })}
        >
          Restart normally
        </Button>
      )}
    </div>
  );
}
