/** The actions of a row: done at once, with Undo where they can be undone, asked about where they end what others do. */

import type { ProjectSummary } from "../../../protocol/project.ts";
import { askFor, hideProject, restoreProject } from "../../core/project-actions.ts";
import { useApp } from "../../ui/app-context.ts";
import { tell, tellFailure } from "../../ui/tell.ts";
import { tellUndoable } from "../../ui/tell-undoable.tsx";

export function useProjectActions({ project_id, title }: ProjectSummary) {
  const app = useApp();
  const act = (what: string, action: () => Promise<void>) => void action().catch((error) => tellFailure(what, error));
  return {
    start: () => act(`“${title}” was not started`, () => askFor(app, project_id, "start")),
    stop: () => app.ending.set({ projectId: project_id, title, action: "stop" }),
    restore: () =>
      act(`“${title}” was not restored`, async () => {
        await restoreProject(app, project_id);
        tell(`“${title}” is restored.`);
      }),
    hide: (hide: boolean) =>
      act(`“${title}” was not changed`, async () => {
        await hideProject(app, project_id, hide);
        tellUndoable(hide ? `“${title}” is hidden.` : `“${title}” is shown again.`, () =>
          hideProject(app, project_id, !hide),
        );
      }),
    remove: () => app.ending.set({ projectId: project_id, title, action: "delete" }),
  };
}
