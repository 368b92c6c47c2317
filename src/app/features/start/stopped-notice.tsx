/** Above a page that is still open while its project is not running: says so, and offers to start it. */

import { Button, Text } from "@mantine/core";
import { canStart } from "../../core/project-view.ts";
import { offersRescue } from "../../core/start-view.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { RescueOffer } from "./rescue.tsx";
import { useStart } from "./use-start.ts";

export function StoppedNotice() {
  const { project, endedBy, state, start, go } = useStart();
  const failure = go.error ?? (state === "stopped" && start?.outcome === "failed" ? start.message : null);
  const trouble = project.state?.error;
  return (
    <div className="stopped-notice" role="status">
      <StateBadge state={state} />
      <Text size="sm">
        {failure ??
          (canStart(state)
            ? `${endedBy ?? "The project has stopped."} What you type is kept here until it runs again.`
            : (trouble ?? start?.message ?? "What you type is kept here meanwhile."))}
      </Text>
      {canStart(state) && !project.deleted && (
        <Button size="compact-sm" loading={go.busy} onClick={() => void go.run()}>
          Start project
        </Button>
      )}
      {!project.deleted && offersRescue({ state, start, trouble }) && <RescueOffer state={state} compact />}
    </div>
  );
}
