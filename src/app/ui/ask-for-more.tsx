/** One click to ask for more memory: a collaborator asks the project's owners, an owner the site's administrators. */

import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { mayIn } from "../core/project-view.ts";
import { useApp, useProject, useStore } from "./app-context.ts";
import { useAct } from "./ask.tsx";

const ASKED = { owners: "the project's owners", administrators: "the site's administrators" } as const;

/** `message`: what happened, for whoever is asked. */
export function AskForMemory({ message }: { message: string }) {
  const { api, hub } = useApp();
  const { project } = useProject();
  const mayAsk = mayIn(project, useStore(hub.account), "control");
  const [told, setTold] = useState<string>();
  const ask = useAct(async () => {
    const wish = { project_id: project.project_id, what: "memory" as const, message: message.slice(0, 2_000) };
    const { asked, mailed } = await api("projects/ask-for-more", wish);
    setTold(
      mailed
        ? `A mail has gone to ${ASKED[asked]}.`
        : `It is in the project's log; a mail could not be sent to ${ASKED[asked]}, so tell them.`,
    );
  });
  if (!mayAsk) return null;
  if (told !== undefined) {
    return (
      <Text size="sm" role="status">
        {told}
      </Text>
    );
  }
  return (
    <>
      <Button size="xs" variant="default" loading={ask.busy} onClick={() => void ask.run()}>
        Ask for more memory
      </Button>
      {ask.error !== undefined && (
        <Text size="sm" role="alert" c="var(--mantine-color-error)">
          {ask.error}
        </Text>
      )}
    </>
  );
}
