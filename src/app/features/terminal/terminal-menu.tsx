/** What else can be done with a terminal, and which others the project has. */

import { ActionIcon, Menu } from "@mantine/core";
import {
  IconClipboardCopy,
  IconDots,
  IconEraser,
  IconSearch,
  IconTerminal2,
  IconTrash,
  IconWorld,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { shortcutLabel } from "../../core/commands.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { Confirm } from "../../ui/ask.tsx";
import type { Screen } from "./screen.ts";

export function TerminalMenu({
  name,
  screen,
  onSearch,
}: {
  name: string;
  screen: Screen | undefined;
  onSearch: () => void;
}) {
  const { open } = useProject();
  const [opened, setOpened] = useState(false);
  const [ending, setEnding] = useState(false);
  const online = useStore(open.connection.status) === "online";
  const { data } = useQuery({
    queryKey: ["terminals", open.projectId],
    queryFn: () => open.connection.request("terminal_list", {}),
    enabled: opened && online,
  });
  const others = (data?.terminals ?? []).filter((terminal) => terminal.name !== name);
  return (
    <>
      <Menu position="bottom-end" opened={opened} onChange={setOpened}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label="More about this terminal">
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconClipboardCopy size={16} aria-hidden />}
            onClick={() => void navigator.clipboard.writeText(screen?.selection() ?? "")}
          >
            Copy what is selected
          </Menu.Item>
          <Menu.Item
            leftSection={<IconSearch size={16} aria-hidden />}
            onClick={onSearch}
            rightSection={shortcutLabel("mod+shift+F")}
          >
            Search
          </Menu.Item>
          <Menu.Item leftSection={<IconEraser size={16} aria-hidden />} onClick={() => screen?.clear()}>
            Clear the screen
          </Menu.Item>
          <Menu.Item leftSection={<IconWorld size={16} aria-hidden />} onClick={() => open.askingPort.set(true)}>
            Open a web server …
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setEnding(true)}>
            End its processes
          </Menu.Item>
          {others.length > 0 && <Menu.Label>Other terminals of this project</Menu.Label>}
          {others.map((other) => (
            <Menu.Item
              key={other.name}
              component={Link}
              to="/projects/$projectId/terminal/$name"
              params={{ projectId: open.projectId, name: other.name } as never}
              leftSection={<IconTerminal2 size={16} aria-hidden />}
            >
              {other.name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {ending && (
        <Confirm
          title={`End everything in terminal “${name}”?`}
          verb="End"
          danger
          onClose={() => setEnding(false)}
          onConfirm={async () => void (await open.connection.request("terminal_kill", { name }))}
        >
          Whatever runs in it is stopped, for everybody who has it open.
        </Confirm>
      )}
    </>
  );
}
