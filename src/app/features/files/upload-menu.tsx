/** Chooses files, or a folder with all that is in it, to be uploaded into the folder that is shown. */

import { Button, Menu } from "@mantine/core";
import { IconFileUpload, IconFolderUp, IconUpload } from "@tabler/icons-react";
import { type ChangeEvent, useMemo, useRef } from "react";
import { inFolder, pickedFiles } from "../../core/chosen-files.ts";
import type { Command } from "../../core/commands.ts";
import { useCommands, useProject } from "../../ui/app-context.ts";
import { tellFailure } from "../../ui/tell.ts";

export function UploadMenu({ path, writable }: { path: string; writable: boolean }) {
  const { open } = useProject();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const picked = ({ currentTarget: input }: ChangeEvent<HTMLInputElement>) => {
    try {
      open.uploads.add(inFolder(path, pickedFiles(input.files ?? [])));
    } catch (error) {
      tellFailure("Nothing was uploaded", error);
    }
    input.value = ""; // the same may be chosen again
  };
  const commands = useMemo<Command[]>(
    () => [
      { id: "upload", title: "Upload files", group: "Files", run: () => files.current?.click() },
      { id: "upload-folder", title: "Upload a folder", group: "Files", run: () => folder.current?.click() },
    ],
    [],
  );
  useCommands("uploads", commands);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="xs" variant="default" disabled={!writable} leftSection={<IconUpload size={14} aria-hidden />}>
            Upload
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconFileUpload size={16} aria-hidden />} onClick={() => files.current?.click()}>
            Files
          </Menu.Item>
          <Menu.Item leftSection={<IconFolderUp size={16} aria-hidden />} onClick={() => folder.current?.click()}>
            Folder
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <input ref={files} type="file" multiple hidden onChange={picked} aria-label="Files to upload" />
      <input ref={folder} type="file" hidden onChange={picked} aria-label="Folder to upload" {...TAKES_FOLDERS} />
    </>
  );
}

/** React's types do not know it. */
const TAKES_FOLDERS = { webkitdirectory: "" };
