/** A start under way: phases with their times, the place in the queue, why it waits, and Cancel. */

import { Button, Text } from "@mantine/core";
import { IconCircleCheckFilled, IconCircleDashed, IconCircleX, IconProgress } from "@tabler/icons-react";
import { useEffect } from "react";
import type { ProjectStart } from "../../../protocol/starts.ts";
import { formatDuration } from "../../core/format.ts";
import { askFor } from "../../core/project-actions.ts";
import { type PhaseView, phasesOf, waitWords } from "../../core/start-view.ts";
import { useApp, useNow, useProject } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";

const ICONS = { done: IconCircleCheckFilled, now: IconProgress, later: IconCircleDashed, failed: IconCircleX } as const;
const SPOKEN = { done: "done", now: "under way", later: "to come", failed: "failed" } as const;

const FORECAST_EVERY_MS = 3_000;

export function StartProgress({ start }: { start: ProjectStart | undefined }) {
  const app = useApp();
  const { project } = useProject();
  const now = useNow(200);
  const cancel = useAct(() => askFor(app, project.project_id, "stop"));
  const live = start !== undefined && start.ended === null;
  useFreshForecast(project.project_id, live);
  return (
    <div>
      <div role="status" aria-live="polite">
        <Text size="sm">{live ? waitWords(start, now) : "The start has been asked for."}</Text>
        {live && start.kubernetes_reason !== null && (
          <details>
            <summary>Details</summary>
            <Text size="xs" c="dimmed">
              {start.kubernetes_reason}
            </Text>
          </details>
        )}
      </div>
      {live && (
        <ol className="phases">
          {phasesOf(start, now).map((phase) => (
            <Phase key={phase.label} phase={phase} />
          ))}
        </ol>
      )}
      <Button variant="default" loading={cancel.busy} onClick={() => void cancel.run()}>
        Cancel the start
      </Button>
      {cancel.error !== undefined && (
        <Text size="sm" role="alert" c="var(--mantine-color-error)">
          {cancel.error}
        </Text>
      )}
    </div>
  );
}

/** Place and expected time move on when others' starts do, of which nobody tells this browser: asks every few seconds. */
function useFreshForecast(projectId: string, live: boolean): void {
  const { hub } = useApp();
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => void hub.look(projectId).catch(() => {}), FORECAST_EVERY_MS); // offline: the next one asks again
    return () => clearInterval(timer);
  }, [hub, projectId, live]);
}

function Phase({ phase: { label, state, took } }: { phase: PhaseView }) {
  const Icon = ICONS[state];
  return (
    <li className={`phase phase-${state}`}>
      <Icon size={18} aria-hidden />
      <span className="phase-label">
        {label}
        <span className="hidden-words">, {SPOKEN[state]}</span>
      </span>
      <span className="phase-time">{took === undefined ? "" : formatDuration(took)}</span>
    </li>
  );
}
