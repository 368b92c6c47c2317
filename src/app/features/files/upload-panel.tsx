/** Transfers under way: how far, how fast, Cancel; what became of those that are over, and what an earlier page did not finish. */

import { ActionIcon, Button, Progress, Text } from "@mantine/core";
import { IconCheck, IconRefresh, IconX } from "@tabler/icons-react";
import { countOf, formatBytes, formatDuration } from "../../core/format.ts";
import { visibleName } from "../../core/names.ts";
import { isOver, type Upload, type Uploads } from "../../core/uploads.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { FileName } from "../../ui/file-name.tsx";
import { Unfinished } from "./unfinished-uploads.tsx";

const SHOWN = 50;

export function UploadPanel() {
  const { uploads } = useProject().open;
  const list = useStore(uploads.list);
  return (
    <>
      {list.length > 0 && <Transfers list={list} uploads={uploads} />}
      <Unfinished list={list} />
    </>
  );
}

function Transfers({ list, uploads }: { list: readonly Upload[]; uploads: Uploads }) {
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
  const name = visibleName(path);
  return (
    <li className="upload">
      <div className="upload-words">
        <Text size="sm" truncate>
          <FileName name={path} />
        </Text>
        <Text size="xs" c={state === "failed" ? "var(--mantine-color-error)" : "dimmed"}>
          {wordsFor(upload)}
        </Text>
        {(state === "sending" || state === "waiting") && (
          <Progress value={percent} size="sm" aria-label={`Upload of ${name}`} />
        )}
      </div>
      {state === "done" && <IconCheck size={18} aria-hidden />}
      {(state === "failed" || state === "cancelled") && (
        <ActionIcon variant="subtle" color="gray" onClick={() => uploads.retry(id)} aria-label={`Upload ${name} again`}>
          <IconRefresh size={16} aria-hidden />
        </ActionIcon>
      )}
      {!isOver(upload) && (
        <ActionIcon
          variant="subtle"
          color="gray"
          onClick={() => uploads.cancel(id)}
          aria-label={`Cancel the upload of ${name}`}
        >
          <IconX size={16} aria-hidden />
        </ActionIcon>
      )}
    </li>
  );
}

const STATE_WORDS: Partial<Record<Upload["state"], string>> = {
  queued: "Waiting for its turn",
  asking: "Something of that name is there",
  cancelled: "Cancelled; nothing of it was kept",
  skipped: "Skipped; what was there is unchanged",
};

function wordsFor({ state, size, sent, rate, error, inPlace }: Upload): string {
  const known = STATE_WORDS[state];
  if (known !== undefined) return known;
  if (state === "done")
    return inPlace === undefined ? formatBytes(size) : `${formatBytes(size)}, written in place: ${inPlace}`;
  if (state === "failed") return error ?? "It failed.";
  const far = `${formatBytes(sent)} of ${formatBytes(size)}`;
  if (state === "waiting") return `${far}; the connection was lost, it goes on by itself`;
  const left = rate > 0 ? ` at ${formatBytes(rate)}/s, ${formatDuration(((size - sent) / rate) * 1_000)} left` : "";
  return far + left;
}
