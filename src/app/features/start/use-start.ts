/** How it stands with the project of this page and its start, and the way to ask for one. */

import { askFor } from "../../core/project-actions.ts";
import { stateWord } from "../../core/project-view.ts";
import { useApp, useNow, useProject, useSelected, useStore } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";

export function useStart() {
  const app = useApp();
  const { project, open } = useProject();
  const endedBy = useStore(open.endedBy);
  const state = stateWord(project, useNow(1_000));
  const start = useSelected(app.hub.starts, (all) => all.get(project.project_id));
  const go = useAct(() => askFor(app, project.project_id, "start"));
  return { project, endedBy, state, start, go };
}
