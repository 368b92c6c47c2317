/** A project that does not run: a button to start it, or its start as it goes on, or why it failed. */

import { Button, Paper, Stack, Text, Title } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { mayIn } from "../../core/project-view.ts";
import { adviceFor, offersRescue } from "../../core/start-view.ts";
import { useApp, useStore } from "../../ui/app-context.ts";
import { AskForMemory } from "../../ui/ask-for-more.tsx";
import { Problem } from "../../ui/problem.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { RescueOffer } from "./rescue.tsx";
import { StartProgress } from "./start-progress.tsx";
import { useStart } from "./use-start.ts";

export function StartPage() {
  const { project, endedBy, state, start, go } = useStart();
  const mayRestore = mayIn(project, useStore(useApp().hub.account), "own");
  const button = useRef<HTMLButtonElement>(null);
  const stopped = state === "stopped";
  useEffect(() => {
    if (stopped) button.current?.focus({ preventScroll: true });
  }, [stopped]);
  const failed = stopped && start?.outcome === "failed";
  const trouble = project.state?.error;
  const refusal = stopped ? (project.action_request?.err ?? trouble) : undefined;
  return (
    <div className="start-page">
      <Paper withBorder p="lg" className="start-card">
        <Stack>
          <div className="start-head">
            <Title order={1} size="h3">
              {project.title}
            </Title>
            <StateBadge state={state} />
          </div>
          {failed && (
            <Problem title={start.message ?? "The project could not start"} details={start.kubernetes_reason}>
              {adviceFor(start.reason)}
            </Problem>
          )}
          {failed && start.reason === "out_of_memory" && <AskForMemory message={start.message ?? ""} />}
          {!failed && refusal !== undefined && <Problem title="The project could not start">{refusal}</Problem>}
          {project.deleted && (
            <Text size="sm">
              {mayRestore
                ? "This project is deleted. Restore it in the settings, then it can be started."
                : "This project is deleted. One of its owners can restore it, then it can be started."}
            </Text>
          )}
          {(stopped || project.deleted) && endedBy !== undefined && <Text size="sm">{endedBy}</Text>}
          {stopped && !project.deleted && (
            <>
              <Text size="sm">Its files, terminals and editors are there once it runs.</Text>
              <Button
                ref={button}
                leftSection={<IconPlayerPlay size={16} aria-hidden />}
                loading={go.busy}
                onClick={() => void go.run()}
              >
                {failed ? "Try again" : "Start project"}
              </Button>
            </>
          )}
          {go.error !== undefined && <Problem title="The start could not be asked for">{go.error}</Problem>}
          {(state === "starting" || state === "waiting") && <StartProgress start={start} />}
          {!project.deleted && offersRescue({ state, start, trouble }) && <RescueOffer state={state} />}
          {state === "stopping" && (
            <Text size="sm" role="status">
              It is saving everything and stopping.
            </Text>
          )}
        </Stack>
      </Paper>
    </div>
  );
}
