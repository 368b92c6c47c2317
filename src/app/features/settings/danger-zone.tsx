/** Deleting and restoring a project. */

import { Button, Text } from "@mantine/core";
import { restoreProject } from "../../core/project-actions.ts";
import { mayIn } from "../../core/project-view.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";

export function DangerZone() {
  const app = useApp();
  const { project } = useProject();
  const own = useStore(app.hub.account);
  const restore = useAct(() => restoreProject(app, project.project_id));
  const remove = () => app.ending.set({ projectId: project.project_id, title: project.title, action: "delete" });
  const isOwner = mayIn(project, own, "own");
  return (
    <Section title="Danger zone">
      {project.deleted ? (
        <>
          <Text size="sm">This project is deleted. Its files are still there.</Text>
          <Button variant="default" loading={restore.busy} disabled={!isOwner} onClick={() => void restore.run()}>
            Restore the project
          </Button>
        </>
      ) : (
        <>
          <Text size="sm">
            {isOwner
              ? "A deleted project stops and leaves everybody's lists. It can be restored."
              : "Only an owner of the project can delete it."}
          </Text>
          <Button color="red" variant="outline" className="danger" disabled={!isOwner} onClick={remove}>
            Delete the project
          </Button>
        </>
      )}
      {restore.error !== undefined && (
        <Text size="sm" role="alert" c="var(--mantine-color-error)">
          {restore.error}
        </Text>
      )}
    </Section>
  );
}
