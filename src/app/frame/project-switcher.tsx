/** The project that is open, and a way to the ones edited last. */

import { Button, Menu } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useParams } from "@tanstack/react-router";
import { byLastEdited, passesFilter, stateWord } from "../core/project-view.ts";
import { useApp, useStore } from "../ui/app-context.ts";
import { MenuLink } from "../ui/menu-link.tsx";
import { StateBadge } from "../ui/state-badge.tsx";

const SHOWN = 10;

export function ProjectSwitcher() {
  const { hub } = useApp();
  const projects = useStore(hub.projects);
  const account = useStore(hub.account);
  const { projectId } = useParams({ strict: false });
  if (projectId === undefined) return <span className="switcher" />;
  const title = projects.get(projectId)?.title ?? "Project";
  const recent = [...projects.values()]
    .filter((project) => passesFilter(project, "all", account?.account_id ?? ""))
    .sort(byLastEdited)
    .slice(0, SHOWN);
  return (
    <span className="switcher">
      <Menu position="bottom-start" width={320}>
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            rightSection={<IconChevronDown size={14} aria-hidden />}
            aria-label={`Switch project; this is ${title}`}
          >
            {title}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {recent.map((project) => (
            <MenuLink
              key={project.project_id}
              to="/projects/$projectId"
              params={{ projectId: project.project_id }}
              rightSection={<StateBadge state={stateWord(project, Date.now())} />}
            >
              {project.title}
            </MenuLink>
          ))}
          <Menu.Divider />
          <MenuLink to="/projects">All projects</MenuLink>
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}
