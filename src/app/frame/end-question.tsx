/** Asks before a project is ended in which somebody works or something runs; what nobody would miss is done at once. */

import { Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { type EndAction, type Ending, whatRuns, wouldEnd } from "../core/ending.ts";
import { askFor, deleteProject, restoreProject } from "../core/project-actions.ts";
import { useApp, useStore } from "../ui/app-context.ts";
import { Confirm } from "../ui/ask.tsx";
import { tellFailure } from "../ui/tell.ts";
import { tellUndoable } from "../ui/tell-undoable.tsx";

const VERBS: Record<EndAction, string> = { stop: "Stop", restart: "Restart", delete: "Delete" };
const PAST: Record<EndAction, string> = { stop: "stopped", restart: "restarted", delete: "deleted" };

export function EndQuestion() {
  const ending = useStore(useApp().ending);
  return ending === undefined ? null : <Asking key={`${ending.projectId} ${ending.action}`} ending={ending} />;
}

function Asking({ ending }: { ending: Ending }) {
  const app = useApp();
  const own = useStore(app.hub.account)?.account_id;
  const { projectId, title, action, rescue = false } = ending;
  const [sentences, setSentences] = useState<readonly string[]>();
  const close = () => app.ending.set(undefined);
  const isRunning = app.hub.projects.get().get(projectId)?.state?.state === "running";
  const act = async () => {
    if (action !== "delete") return askFor(app, projectId, action, { rescue });
    await deleteProject(app, projectId);
    tellUndoable(`“${title}” is deleted. It is under Deleted in the list.`, () => restoreProject(app, projectId));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once, when the question comes up
  useEffect(() => {
    let isOver = false;
    const decide = async () => {
      const running = isRunning ? await whatRuns(app.site, projectId) : undefined;
      if (isOver) return;
      const told = running === undefined ? [] : wouldEnd(running, own);
      const isHarmless = action !== "delete" && (!isRunning || (running !== undefined && told.length === 0));
      if (!isHarmless) return setSentences(told);
      close();
      await act().catch((error) => tellFailure(`“${title}” was not ${PAST[action]}`, error));
    };
    void decide();
    return () => {
      isOver = true;
    };
  }, [projectId, action]);
  if (sentences === undefined) return null;
  return (
    <Confirm
      title={`${VERBS[action]} “${title}”${rescue ? " in rescue mode" : ""}?`}
      verb={VERBS[action]}
      danger={action === "delete"}
      onClose={close}
      onConfirm={act}
    >
      <Stack gap="xs">
        {sentences.map((sentence) => (
          <Text key={sentence} size="sm">
            {sentence}
          </Text>
        ))}
        {isRunning && sentences.length === 0 && action !== "delete" && (
          <Text size="sm">What runs in it and who is there could not be found out. It ends what runs.</Text>
        )}
        {action === "delete" && (
          <Text size="sm">It stops at once and leaves everybody’s lists. Its files stay, and it can be restored.</Text>
        )}
        <Text size="sm">All members are told who did it.</Text>
      </Stack>
    </Confirm>
  );
}
