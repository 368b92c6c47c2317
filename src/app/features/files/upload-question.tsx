/** Asks what becomes of a file that is there already: replace it, keep both, or leave the new one out; for one or for all. */

import { Button, Checkbox, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { countOf, formatBytes, formatMoment } from "../../core/format.ts";
import { baseName } from "../../core/paths.ts";
import type { Choice, Upload, Uploads } from "../../core/uploads.ts";
import { useStore } from "../../ui/app-context.ts";
import { FileName } from "../../ui/file-name.tsx";

export function UploadQuestion({ uploads }: { uploads: Uploads }) {
  const asked = useStore(uploads.list).find(({ state }) => state === "asking");
  return asked === undefined ? null : <Question key={asked.id} asked={asked} uploads={uploads} />;
}

function Question({ asked, uploads }: { asked: Upload; uploads: Uploads }) {
  const [forAll, setForAll] = useState(false);
  const others = uploads.othersOf(asked.id);
  const mayReplace = asked.there?.existing?.kind !== "folder" && asked.there?.existing?.kind !== "other";
  const answer = (choice: Choice) => uploads.answer(asked.id, choice, forAll);
  const title = (
    <>
      <FileName name={baseName(asked.path)} /> is there already
    </>
  );
  return (
    <Modal opened onClose={() => answer("skip")} title={title} closeButtonProps={{ "aria-label": "Skip this file" }}>
      <Stack>
        <There asked={asked} />
        {others > 0 && (
          <Checkbox
            label={`The same for the ${countOf(others, "other file")} chosen with it`}
            checked={forAll}
            onChange={(event) => setForAll(event.currentTarget.checked)}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => answer("skip")}>
            Skip
          </Button>
          <Button variant="default" onClick={() => answer("both")} data-autofocus>
            Keep both
          </Button>
          {mayReplace && <Button onClick={() => answer("replace")}>Replace</Button>}
        </Group>
      </Stack>
    </Modal>
  );
}

function There({ asked: { path, size, there } }: { asked: Upload }) {
  const existing = there?.existing;
  const editing = there?.openBy.map(({ name }) => name).join(", ");
  if (!existing) return null;
  if (existing.kind === "folder" || existing.kind === "other")
    return (
      <Text size="sm">
        What is there is {existing.kind === "folder" ? "a folder" : "no file"} and cannot be replaced by a file.
      </Text>
    );
  return (
    <>
      <Text size="sm">
        At <FileName name={path} /> there is a file of {formatBytes(existing.size)} from{" "}
        {formatMoment(existing.modified)}; yours has {formatBytes(size)}. What you replace goes to the trash, from where
        it can be put back.
      </Text>
      {editing && (
        <Text size="sm" fw={600}>
          It is open in an editor ({editing}): there, its text becomes that of your file, and what was typed is in the
          trash.
        </Text>
      )}
    </>
  );
}
