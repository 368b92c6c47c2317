/** A new project in one field. */

import { Button, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useApp } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";

export function NewProject() {
  const { api, hub } = useApp();
  const navigate = useNavigate();
  const [title, setTitle] = useState("");
  const { busy, error, run } = useAct(async () => {
    const { project_id } = await api("projects/create", { title: title.trim() });
    await hub.look(project_id).catch(() => {}); // the hub tells of it by itself; this is only sooner
    await navigate({ to: "/projects/$projectId", params: { projectId: project_id } });
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (title.trim() !== "") void run();
  };
  return (
    <form className="new-project" onSubmit={submit}>
      <TextInput
        aria-label="Name of a new project"
        placeholder="Name of a new project"
        value={title}
        maxLength={250}
        onChange={(event) => setTitle(event.currentTarget.value)}
        error={error}
      />
      <Button
        type="submit"
        loading={busy}
        disabled={title.trim() === ""}
        leftSection={<IconPlus size={16} aria-hidden />}
      >
        Create
      </Button>
    </form>
  );
}
