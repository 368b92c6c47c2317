/** Tells who stopped, restarted or deleted the project that is open here, when it was somebody else. */

import { useEffect, useRef } from "react";
import type { ProjectSummary } from "../../protocol/project.ts";
import type { OpenProject } from "../core/app.ts";
import { whoEnded } from "../core/ending.ts";
import { useApp, useStore } from "../ui/app-context.ts";
import { tell } from "../ui/tell.ts";

export function useToldWhoEnded(
  { project_id, action_request, deleted, state }: ProjectSummary,
  open: OpenProject,
): void {
  const { api, hub } = useApp();
  const own = useStore(hub.account)?.account_id;
  const isEnding = action_request?.action === "stop" || action_request?.action === "restart";
  const key = `${isEnding ? action_request.time : ""} ${deleted}`;
  const before = useRef(key);
  const isRunning = state?.state === "running";
  useEffect(() => {
    if (isRunning && !isEnding) open.endedBy.set(undefined);
  }, [isRunning, isEnding, open]);
  useEffect(() => {
    if (before.current === key) return;
    before.current = key;
    if (!isEnding && !deleted) return;
    whoEnded(api, project_id, own).then(
      (words) => {
        open.endedBy.set(words);
        if (words !== undefined) tell(words);
      },
      () => {}, // that it ended is seen anyway
    );
  }, [key, isEnding, deleted, api, project_id, own, open]);
}
