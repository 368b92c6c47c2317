/** One project in the list: title, state, who is in it, when it was edited, and what can be done with it. */

import { ActionIcon, Avatar, Button, Menu, Text } from "@mantine/core";
import {
  type Icon,
  IconDots,
  IconEye,
  IconEyeOff,
  IconPlayerPlay,
  IconPlayerStop,
  IconRestore,
  IconTrash,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { ProjectSummary } from "../../../protocol/project.ts";
import { formatAgo } from "../../core/format.ts";
import { canStart, canStop, groupOf, stateWord } from "../../core/project-view.ts";
import { MenuLink } from "../../ui/menu-link.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import type { Names } from "./use-names.ts";
import { useProjectActions } from "./use-project-actions.ts";

interface RowProps {
  project: ProjectSummary;
  accountId: string;
  names: Names;
  now: number;
}

const FACES = 4;

export const ProjectRow = memo(function ProjectRow({ project, accountId, names, now }: RowProps) {
  const { title, description, deleted } = project;
  const state = stateWord(project, Date.now());
  const { start, stop, restore } = useProjectActions(project);
  return (
    <article className="project-row" aria-label={title}>
      <div className="project-title">
        <Link to="/projects/$projectId" params={{ projectId: project.project_id }}>
          {title}
        </Link>
        <Text size="xs" c="dimmed" truncate>
          {description || `Edited ${formatAgo(project.last_edited ?? project.created, now)}`}
        </Text>
      </div>
      <Faces project={project} accountId={accountId} names={names} />
      <StateBadge state={state} />
      <div className="project-act">
        {deleted && <Act word="Restore" title={title} Icon={IconRestore} onClick={restore} />}
        {!deleted && canStart(state) && <Act word="Start" title={title} Icon={IconPlayerPlay} onClick={start} />}
        {!deleted && !canStart(state) && (
          <Act word="Stop" title={title} Icon={IconPlayerStop} onClick={stop} disabled={!canStop(state)} />
        )}
        <More project={project} accountId={accountId} />
      </div>
    </article>
  );
});

interface ActProps {
  word: string;
  /** The project's, for who hears the button without its row. */
  title: string;
  Icon: Icon;
  onClick: () => void;
  disabled?: boolean;
}

function Act({ word, title, Icon, onClick, disabled = false }: ActProps) {
  return (
    <Button
      size="xs"
      variant="default"
      disabled={disabled}
      leftSection={<Icon size={14} aria-hidden />}
      onClick={onClick}
      aria-label={`${word} ${title}`}
    >
      {word}
    </Button>
  );
}

function Faces({ project, accountId, names }: Omit<RowProps, "now">) {
  const ids = Object.keys(project.users).filter((id) => id !== accountId);
  const nameOf = (id: string) =>
    names[id] === undefined ? "…" : `${names[id].first_name} ${names[id].last_name}`.trim();
  if (ids.length === 0) return <span className="faces" />;
  return (
    <span className="faces" role="img" aria-label={`With ${ids.slice(0, FACES).map(nameOf).join(", ")}`}>
      <Avatar.Group spacing="xs">
        {ids.slice(0, FACES).map((id) => (
          <Avatar key={id} size="sm" name={nameOf(id)} color="initials" title={nameOf(id)} alt="" />
        ))}
        {ids.length > FACES && <Avatar size="sm">+{ids.length - FACES}</Avatar>}
      </Avatar.Group>
    </span>
  );
}

function More({ project, accountId }: { project: ProjectSummary; accountId: string }) {
  const { hide, remove } = useProjectActions(project);
  const hidden = project.users[accountId]?.hide === true;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`More actions for ${project.title}`}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <MenuLink to="/projects/$projectId/settings" params={{ projectId: project.project_id }}>
          Settings
        </MenuLink>
        <Menu.Item
          leftSection={hidden ? <IconEye size={16} aria-hidden /> : <IconEyeOff size={16} aria-hidden />}
          onClick={() => hide(!hidden)}
        >
          {hidden ? "Show in the list" : "Hide from the list"}
        </Menu.Item>
        {!project.deleted && groupOf(project, accountId) === "owner" && (
          <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={remove}>
            Delete
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
