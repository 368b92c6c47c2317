/** Transfers under way: how far, how fast, Cancel; and what became of those that are over. */

import { ActionIcon, Button, Progress, Text } from "@mantine/core";
import { IconCheck, IconRefresh, IconX } from "@tabler/icons-react";
import { countOf, formatBytes, formatDuration } from "../../core/format.ts";
import { isOver, type Upload, type Uploads } from "../../core/uploads.ts";
import { useStore } from "../../ui/app-context.ts";

const SHOWN = 50;

export function UploadPanel({ uploads }: { uploads: Uploads }) {
  const list = useStore(uploads.list);
  if (list.length === 0) return null;
  const going = list.filter((upload) => !isOver(upload)).length;
  return (
    <section className="uploads" aria-label="Uploads">
      <div className="uploads-head">
        <Text size="sm" fw={600} role="status">
          {going > 0 ? `Uploading ${countOf(going, "file")}` : "Uploads are finished"}
        </Text>
        {going === 0 && (
          <Button size="compact-xs" variant="default" onClick={() => uploads.clear()}>
            Clear
          </Button>
        )}
      </div>
      <ul>
        {list.slice(0, SHOWN).map((upload) => (
          <UploadRow key={upload.id} upload={upload} uploads={uploads} />
        ))}
      </ul>
      {list.length > SHOWN && <Text size="xs">and {countOf(list.length - SHOWN, "more file")}</Text>}
    </section>
  );
}

function UploadRow({ upload, uploads }: { upload: Upload; uploads: Uploads }) {
  const { id, path, size, sent, state } = upload;
  const percent = size === 0 ? 100 : Math.round((sent / size) * 100);
  return (
    <li className="upload">
      <div className="upload-words">
        <Text size="sm" truncate>
          {path}
        </Text>
        <Text size="xs" c={state === "failed" ? "var(--mantine-color-error)" : "dimmed"}>
          {wordsFor(upload)}
        </Text>
        {state === "sending" && <Progress value={percent} size="sm" aria-label={`Upload of ${path}`} />}
      </div>
      {state === "done" && <IconCheck size={18} aria-hidden />}
      {(state === "failed" || state === "cancelled") && (
        <ActionIcon variant="subtle" color="gray" onClick={() => uploads.retry(id)} aria-label={`Upload ${path} again`}>
          <IconRefresh size={16} aria-hidden />
        </ActionIcon>
      )}
      {!isOver(upload) && (
        <ActionIcon
          variant="subtle"
          color="gray"
          onClick={() => uploads.cancel(id)}
          aria-label={`Cancel the upload of ${path}`}
        >
          <IconX size={16} aria-hidden />
        </ActionIcon>
      )}
    </li>
  );
}

function wordsFor({ state, size, sent, rate, error }: Upload): string {
  if (state === "queued") return "Waiting for its turn";
  if (state === "done") return formatBytes(size);
  if (state === "cancelled") return "Cancelled; nothing of it was kept";
  if (state === "failed") return error ?? "It failed.";
  const left = rate > 0 ? `, ${formatDuration(((size - sent) / rate) * 1_000)} left` : "";
  return `${formatBytes(sent)} of ${formatBytes(size)}${rate > 0 ? ` at ${formatBytes(rate)}/s` : ""}${left}`;
}
