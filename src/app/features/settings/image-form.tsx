/** Which software a project runs in; a change applies to the next start. */

import { Button, NativeSelect, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Software } from "../../../protocol/software.ts";
import { changeProject } from "../../core/project-actions.ts";
import { stateWord } from "../../core/project-view.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useProject } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";
import { tell, tellFailure } from "../../ui/tell.ts";

export function ImageForm() {
  const app = useApp();
  const { project } = useProject();
  const { data, error, refetch } = useQuery({
    queryKey: ["software"],
    queryFn: async () => (await app.api("customize", { fields: ["software"] })).software as Software | null | undefined, // the protocol's shape
    staleTime: 60_000,
  });
  const restart = () => app.ending.set({ projectId: project.project_id, title: project.title, action: "restart" });
  const choose = async (compute_image: string) => {
    try {
      await changeProject(app, project.project_id, { compute_image });
      tell("The image is chosen; it is used from the next start on.");
    } catch (failure) {
      tellFailure("The image was not changed", failure);
    }
  };
  const environments = Object.entries(data?.environments ?? {}).filter(
    ([id, { hidden }]) => !hidden || id === project.compute_image,
  );
  const current = project.compute_image ?? data?.default ?? "";
  const running = stateWord(project, Date.now()) === "running";
  return (
    <Section title="Image">
      {error !== null && (
        <Problem title="The images cannot be listed" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {environments.length > 0 && (
        <NativeSelect
          label="Software that the project runs in"
          description={data?.environments[current]?.descr}
          value={current}
          disabled={project.deleted}
          data={environments.map(([value, { title }]) => ({ value, label: title }))}
          onChange={(event) => void choose(event.currentTarget.value)}
        />
      )}
      {data === null && <Text size="sm">This site lists no images.</Text>}
      {running && (
        <Button variant="default" className="start" onClick={restart}>
          Restart now
        </Button>
      )}
    </Section>
  );
}
