/** The other terminals of the project, in the menu of one. */

import { Menu } from "@mantine/core";
import { IconTerminal2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useProject, useStore } from "../../ui/app-context.ts";
import { MenuLink } from "../../ui/menu-link.tsx";

export function OtherTerminals({ name, shown }: { name: string; shown: boolean }) {
  const { open } = useProject();
  const online = useStore(open.connection.status) === "online";
  const { data } = useQuery({
    queryKey: ["terminals", open.projectId],
    queryFn: () => open.connection.request("terminal_list", {}),
    enabled: shown && online,
  });
  const others = (data?.terminals ?? []).filter((terminal) => terminal.name !== name);
  if (others.length === 0) return null;
  return (
    <>
      <Menu.Label>Other terminals of this project</Menu.Label>
      {others.map((other) => (
        <MenuLink
          key={other.name}
          to="/projects/$projectId/terminal/$name"
          params={{ projectId: open.projectId, name: other.name }}
          leftSection={<IconTerminal2 size={16} aria-hidden />}
        >
          {other.name}
        </MenuLink>
      ))}
    </>
  );
}
