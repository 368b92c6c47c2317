/** One entry of a folder. */

// biome-ignore-all lint/a11y/useSemanticElements: rows are placed by hand in a table of which few are drawn, which table elements do not allow
// biome-ignore-all lint/a11y/useFocusableInteractive: the links and buttons inside of cells take the focus

import { ActionIcon, Checkbox, Menu } from "@mantine/core";
import {
  IconCopy,
  IconDots,
  IconDownload,
  IconEdit,
  IconExternalLink,
  IconFile,
  IconFolder,
  IconLink,
  IconPhoto,
  IconTrash,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type CSSProperties, memo } from "react";
import type { FileEntry } from "../../../protocol/project-files.ts";
import { splatOf } from "../../core/file-address.ts";
import { isFolder, showingOf } from "../../core/file-kinds.ts";
import { formatAgo, formatBytes, formatMoment } from "../../core/format.ts";
import { visibleName } from "../../core/names.ts";
import { joinPath } from "../../core/paths.ts";
import { rawAddress } from "../../core/site.ts";
import { useApp, useProject } from "../../ui/app-context.ts";
import { FileName } from "../../ui/file-name.tsx";
import type { FileQuestion } from "./file-dialogs.tsx";

interface FileRowProps {
  path: string;
  entry: FileEntry;
  row: number;
  selected: boolean;
  onToggle: (name: string) => void;
  ask: (question: FileQuestion) => void;
  now: number;
  style: CSSProperties;
}

export const FileRow = memo(function FileRow({ path, entry, row, selected, onToggle, ask, now, style }: FileRowProps) {
  const { project } = useProject();
  const folder = isFolder(entry);
  const target = joinPath(path, entry.name);
  return (
    <div role="row" aria-rowindex={row} className={selected ? "file-row file-selected" : "file-row"} style={style}>
      <span role="cell">
        <Checkbox
          size="xs"
          aria-label={`Select ${visibleName(entry.name)}`}
          checked={selected}
          onChange={() => onToggle(entry.name)}
        />
      </span>
      <span role="cell" className="file-name">
        <Kind entry={entry} />
        <Link
          to="/projects/$projectId/files/$"
          params={{ projectId: project.project_id, _splat: splatOf(folder ? `${target}/` : target) }}
          preload={false}
        >
          <FileName name={entry.name} />
        </Link>
        {entry.link !== undefined && (
          <span className="file-link-target">
            {" "}
            → <FileName name={entry.link.target} />
          </span>
        )}
      </span>
      <span role="cell" className="file-size">
        {folder ? "" : formatBytes(entry.size)}
      </span>
      <span role="cell" className="file-modified" title={formatMoment(entry.modified)}>
        {formatAgo(entry.modified, now)}
      </span>
      <span role="cell" className="file-more">
        <RowMenu entry={entry} target={target} ask={ask} />
      </span>
    </div>
  );
});

function Kind({ entry }: { entry: FileEntry }) {
  if (isFolder(entry)) return <IconFolder size={18} aria-label="Folder" role="img" className="kind-folder" />;
  if (entry.kind === "link") return <IconLink size={18} aria-label="Link" role="img" />;
  if (showingOf(entry.name, entry.size) === "picture") return <IconPhoto size={18} aria-label="Picture" role="img" />;
  return <IconFile size={18} aria-label="File" role="img" />;
}

function RowMenu({ entry, target, ask }: { entry: FileEntry; target: string; ask: (question: FileQuestion) => void }) {
  const { site } = useApp();
  const { open } = useProject();
  const folder = isFolder(entry);
  const download = folder ? open.files.archiveAddress([target]) : open.files.downloadAddress(target);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Actions for ${visibleName(entry.name)}`}>
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={download} leftSection={<IconDownload size={16} aria-hidden />}>
          Download
        </Menu.Item>
        {!folder && (
          <Menu.Item
            component="a"
            href={rawAddress(site, open.projectId, target)}
            target="_blank"
            rel="noreferrer"
            leftSection={<IconExternalLink size={16} aria-hidden />}
          >
            Open in a new window
          </Menu.Item>
        )}
        <Menu.Item leftSection={<IconEdit size={16} aria-hidden />} onClick={() => ask({ kind: "rename", entry })}>
          Rename
        </Menu.Item>
        <Menu.Item leftSection={<IconCopy size={16} aria-hidden />} onClick={() => ask({ kind: "copy", entry })}>
          Make a copy
        </Menu.Item>
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={() => ask({ kind: "delete", entries: [entry] })}
        >
          Delete
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
