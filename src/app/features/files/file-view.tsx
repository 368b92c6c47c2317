/** One file: what it is decides whether the editor, a picture or a download is shown. */

import { Button, Stack, Text, Title } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { MAX_TEXT_BYTES } from "../../../protocol/document-text.ts";
import { isFolder, showingOf } from "../../core/file-kinds.ts";
import { formatBytes } from "../../core/format.ts";
import { visibleName } from "../../core/names.ts";
import { baseName } from "../../core/paths.ts";
import { RequestError } from "../../core/request-error.ts";
import { useProject } from "../../ui/app-context.ts";
import { FileName } from "../../ui/file-name.tsx";
import { Problem } from "../../ui/problem.tsx";

interface FileViewProps {
  path: string;
  /** The address names a folder after all. */
  onFolder: () => void;
  /** The editor. */
  children: ReactNode;
}

export function FileView({ path, onFolder, children }: FileViewProps) {
  const { open } = useProject();
  const name = baseName(path);
  const { data: entry, error } = useQuery({
    queryKey: ["file", open.projectId, path],
    queryFn: ({ signal }) => open.files.stat(path, signal),
    retry: false,
  });
  const folder = entry !== undefined && isFolder(entry);
  useEffect(() => {
    if (!folder) return;
    open.tabs.close({ kind: "file", path });
    onFolder();
  }, [folder, open, path, onFolder]);
  const showing = showingOf(name, entry?.size ?? 0);
  if (folder) return null;
  if (showing === "editor") return children;
  if (error instanceof RequestError && error.code === "not_found")
    return (
      <div className="file-view">
        <Problem title={`There is no file “${name}”`}>{error.message}</Problem>
      </div>
    );
  return (
    <div className="file-view">
      <Stack align="flex-start">
        <Title order={1} size="h4">
          <FileName name={name} />
        </Title>
        {showing === "picture" ? (
          <img src={open.files.readAddress(path)} alt={visibleName(name)} className="picture" />
        ) : (
          <Text size="sm">
            {(entry?.size ?? 0) > MAX_TEXT_BYTES
              ? `It is ${formatBytes(entry?.size ?? 0)}, too large for the editor. Download it, or look at it in a terminal.`
              : "This kind of file is not text. Download it to open it on your machine."}
          </Text>
        )}
        <Button
          component="a"
          href={open.files.downloadAddress(path)}
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          Download {entry === undefined ? "" : formatBytes(entry.size)}
        </Button>
      </Stack>
    </div>
  );
}
