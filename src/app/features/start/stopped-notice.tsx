/** Above a page that is still open while its project is not running: says so, and offers to start it. */

import { Button, Text } from "@mantine/core";
import { askFor } from "../../core/project-actions.ts";
import { canStart, stateWord } from "../../core/project-view.ts";
import { useApp, useNow, useProject, useSelected, useStore } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";

export function StoppedNotice() {
  const app = useApp();
  const { project, open } = useProject();
  const endedBy = useStore(open.endedBy);
  const state = stateWord(project, useNow(1_000));
  const start = useSelected(app.hub.starts, (all) => all.get(project.project_id));
  const go = useAct(() => askFor(app, project.project_id, "start"));
  const failure = go.error ?? (state === "stopped" && start?.outcome === "failed" ? start.message : null);
  return (
    <div className="stopped-notice" role="status">
      <StateBadge state={state} />
      <Text size="sm">
        {failure ??
          (canStart(state)
            ? `${endedBy ?? "The project has stopped."} What you type is kept here until it runs again.`
            : (start?.message ?? "What you type is kept here meanwhile."))}
      </Text>
      {canStart(state) && !project.deleted && (
        <Button size="compact-sm" loading={go.busy} onClick={() => void go.run()}>
          Start project
        </Button>
      )}
    </div>
  );
}
