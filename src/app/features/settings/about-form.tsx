/** Title and description of a project. */

import { Button, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { changeProject } from "../../core/project-actions.ts";
import { useApp, useProject } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";

export function AboutForm() {
  const app = useApp();
  const { project } = useProject();
  const [title, setTitle] = useState(project.title);
  const [description, setDescription] = useState(project.description);
  const { busy, error, submit } = useAct(async () => {
    await changeProject(app, project.project_id, { title: title.trim(), description });
    tell("Saved.");
  });
  const same = title.trim() === project.title && description === project.description;
  return (
    <Section title="About">
      <form onSubmit={submit} className="stack">
        <TextInput
          label="Title"
          value={title}
          maxLength={250}
          onChange={(event) => setTitle(event.currentTarget.value)}
          error={error}
        />
        <Textarea
          label="Description"
          value={description}
          maxLength={10_000}
          autosize
          minRows={2}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy} disabled={same || title.trim() === "" || project.deleted}>
          Save
        </Button>
      </form>
    </Section>
  );
}
