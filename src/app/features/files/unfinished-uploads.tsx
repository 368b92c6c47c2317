/** Uploads that an earlier page began: what is here of them, and how they go on. */

import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import type { UnfinishedUpload } from "../../../protocol/project-files.ts";
import { formatBytes } from "../../core/format.ts";
import { baseName, joinPath, wireName } from "../../core/paths.ts";
import { isOver, type Upload } from "../../core/uploads.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { FileName } from "../../ui/file-name.tsx";
import { tellFailure } from "../../ui/tell.ts";

export function Unfinished({ list }: { list: readonly Upload[] }) {
  const { open } = useProject();
  const online = useStore(open.connection.status) === "online";
  const going = list.filter((upload) => !isOver(upload)).length;
  const { data, refetch } = useQuery({
    queryKey: ["unfinished-uploads", open.projectId, going],
    queryFn: () => open.files.unfinishedUploads(),
    enabled: online && going === 0,
  });
  const own = new Set(list.map(({ path }) => path));
  const left = (data ?? []).filter(({ path }) => !own.has(path));
  if (left.length === 0 || going > 0) return null;
  return (
    <section className="uploads" aria-label="Unfinished uploads">
      <Text size="sm" fw={600}>
        Unfinished uploads
      </Text>
      <ul>
        {left.map((upload) => (
          <Row key={upload.key + upload.path} upload={upload} onGone={() => void refetch()} />
        ))}
      </ul>
    </section>
  );
}

function Row({ upload, onGone }: { upload: UnfinishedUpload; onGone: () => void }) {
  const { path, size, offset } = upload;
  const { open } = useProject();
  const input = useRef<HTMLInputElement>(null);
  const folder = path.slice(0, -baseName(path).length).replace(/(?<=.)\/$/, "");
  const discard = () => open.files.dropUpload(upload).then(onGone, (error) => tellFailure("It was not removed", error));
  return (
    <li className="upload">
      <div className="upload-words">
        <Text size="sm" truncate>
          <FileName name={path} />
        </Text>
        <Text size="xs" c="dimmed">
          {formatBytes(offset)} of {formatBytes(size)} are here ({Math.floor((100 * offset) / size)} %). Choose the same
          file again, and it goes on from there.
        </Text>
        <Group gap="xs" mt={4}>
          <Button size="compact-xs" onClick={() => input.current?.click()}>
            Choose the file
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => void discard()}>
            Discard
          </Button>
        </Group>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        aria-label="The same file again"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file !== undefined) open.uploads.add([{ file, path: joinPath(folder, wireName(file.name)) }]);
        }}
      />
    </li>
  );
}
