/** What can be done in a folder, and with what is selected in it. */

import { ActionIcon, Button, Menu } from "@mantine/core";
import { IconDots, IconDownload, IconFilePlus, IconFolderPlus, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMemo } from "react";
import type { FileEntry } from "../../../protocol/project-files.ts";
import type { Command } from "../../core/commands.ts";
import { joinPath } from "../../core/paths.ts";
import { useCommands, useProject } from "../../ui/app-context.ts";
import { MenuLink } from "../../ui/menu-link.tsx";
import type { FileQuestion } from "./file-dialogs.tsx";
import { UploadMenu } from "./upload-menu.tsx";

interface ToolbarProps {
  path: string;
  chosen: readonly FileEntry[];
  writable: boolean;
  ask: (question: FileQuestion) => void;
  showHidden: boolean;
  onShowHidden: (show: boolean) => void;
}

export function Toolbar({ path, chosen, writable, ask, showHidden, onShowHidden }: ToolbarProps) {
  const commands = useMemo<Command[]>(
    () => [
      { id: "new-file", title: "New file", group: "Files", run: () => ask({ kind: "new-file" }) },
      { id: "new-folder", title: "New folder", group: "Files", run: () => ask({ kind: "new-folder" }) },
    ],
    [ask],
  );
  useCommands("files", commands);
  const paths = chosen.map(({ name }) => joinPath(path, name));
  return (
    <div className="toolbar">
      {chosen.length > 0 && (
        <WithChosen paths={paths} writable={writable} onDelete={() => ask({ kind: "delete", entries: chosen })} />
      )}
      <NewMenu writable={writable} ask={ask} />
      <UploadMenu path={path} writable={writable} />
      <FolderMenu path={path} showHidden={showHidden} onShowHidden={onShowHidden} />
    </div>
  );
}

interface WithChosenProps {
  paths: readonly string[];
  writable: boolean;
  onDelete: () => void;
}

function WithChosen({ paths, writable, onDelete }: WithChosenProps) {
  const { open } = useProject();
  return (
    <>
      <Button
        size="xs"
        variant="default"
        component="a"
        href={open.files.archiveAddress([...paths])}
        download
        leftSection={<IconDownload size={14} aria-hidden />}
      >
        Download
      </Button>
      <Button
        size="xs"
        variant="default"
        disabled={!writable}
        leftSection={<IconTrash size={14} aria-hidden />}
        onClick={onDelete}
      >
        Delete
      </Button>
    </>
  );
}

function NewMenu({ writable, ask }: Pick<ToolbarProps, "writable" | "ask">) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="xs" disabled={!writable} leftSection={<IconPlus size={14} aria-hidden />}>
          New
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconFilePlus size={16} aria-hidden />} onClick={() => ask({ kind: "new-file" })}>
          File
        </Menu.Item>
        <Menu.Item leftSection={<IconFolderPlus size={16} aria-hidden />} onClick={() => ask({ kind: "new-folder" })}>
          Folder
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function FolderMenu({ path, showHidden, onShowHidden }: Pick<ToolbarProps, "path" | "showHidden" | "onShowHidden">) {
  const { open } = useProject();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="More about this folder">
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          component="a"
          href={open.files.archiveAddress([path])}
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Download this folder
        </Menu.Item>
        <MenuLink
          to="/projects/$projectId/trash"
          params={{ projectId: open.projectId }}
          leftSection={<IconTrash size={16} aria-hidden />}
        >
          Trash
        </MenuLink>
        <Menu.Item onClick={() => onShowHidden(!showHidden)}>
          {showHidden ? "Do not show hidden files" : "Show hidden files"}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
