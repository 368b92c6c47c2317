/** The button that opens a new terminal. */

import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { newTerminal } from "../../core/new-terminal.ts";
import { mayIn } from "../../core/project-view.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { tellFailure } from "../../ui/tell.ts";
import type { Screen } from "./screen.ts";

export function NewTerminal({ screen }: { screen: Screen | undefined }) {
  const { open, project } = useProject();
  const mayRun = mayIn(project, useStore(useApp().hub.account), "run");
  const navigate = useNavigate();
  const online = useStore(open.connection.status) === "online";
  const make = async () => {
    const name = await newTerminal(open, screen?.wanted());
    await navigate({
      to: "/projects/$projectId/terminal/$name",
      params: { projectId: open.projectId, name },
    });
  };
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={<IconPlus size={14} aria-hidden />}
      disabled={!online || !mayRun}
      onClick={() => void make().catch((error) => tellFailure("No new terminal was opened", error))}
    >
      New terminal
    </Button>
  );
}
