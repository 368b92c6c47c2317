/** Takes files that are dropped anywhere on a folder. */

import { Text } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { type DragEvent, type ReactNode, useState } from "react";
import { droppedFiles, inFolder } from "../../core/chosen-files.ts";
import { useProject } from "../../ui/app-context.ts";
import { tellFailure } from "../../ui/tell.ts";

const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");

export function DropZone({ path, disabled, children }: { path: string; disabled: boolean; children: ReactNode }) {
  const { open } = useProject();
  const [over, setOver] = useState(false);
  const drop = async (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setOver(false);
    if (disabled) return tellFailure("Nothing was uploaded", "This folder can only be read.");
    try {
      open.uploads.add(inFolder(path, await droppedFiles(event.dataTransfer)));
    } catch (error) {
      tellFailure("Nothing of what you dropped was uploaded", error);
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra; the button Upload does the same
    <div
      className="drop-zone"
      onDragOver={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => void drop(event)}
    >
      {children}
      {over && (
        <div className="drop-over">
          <IconUpload size={32} aria-hidden />
          <Text>{disabled ? "This folder can only be read." : "Drop to upload into this folder"}</Text>
        </div>
      )}
    </div>
  );
}
