/** Deletes entries of a folder: into the trash at once, with Undo; for good only what the trash cannot take, and after asking. */

import { Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { FileAnswers, FileEntry } from "../../../protocol/project-files.ts";
import type { OpenProject } from "../../core/app.ts";
import { countOf } from "../../core/format.ts";
import { visibleName } from "../../core/names.ts";
import { baseName, joinPath } from "../../core/paths.ts";
import { RequestError } from "../../core/request-error.ts";
import { useProject } from "../../ui/app-context.ts";
import { Confirm } from "../../ui/ask.tsx";
import { tell, tellFailure } from "../../ui/tell.ts";
import { tellUndoable } from "../../ui/tell-undoable.tsx";

const PATHS_AT_ONCE = 1_000;

type Left = FileAnswers["delete"]["left"];

interface DeleteQuestionProps {
  path: string;
  entries: readonly FileEntry[];
  onClose: () => void;
  /** They are gone. */
  onGone: () => void;
}

export function DeleteQuestion({ path, entries, onClose, onGone }: DeleteQuestionProps) {
  const { open } = useProject();
  const [left, setLeft] = useState<Left>();
  const isBegun = useRef(false);
  useEffect(() => {
    if (isBegun.current) return; // what can be undone is done at once, and once
    isBegun.current = true;
    const paths = entries.map(({ name }) => joinPath(path, name));
    deletePaths(open, paths, false).then(
      ({ trashed, left }) => {
        if (trashed.length > 0) tellTrashed(open, paths, trashed);
        if (trashed.length > 0) onGone();
        const kept = left.filter(({ code }) => code === "conflict");
        for (const { path, error } of left.filter(({ code }) => code !== "conflict"))
          tellFailure(`“${visibleName(baseName(path))}” was not deleted`, new Error(error));
        if (kept.length > 0) setLeft(kept);
        else onClose();
      },
      (error) => {
        tellFailure("Nothing was deleted", error);
        onClose();
      },
    );
  }, [open, path, entries, onClose, onGone]);
  if (left === undefined) return null;
  return <ForGood left={left} onClose={onClose} onGone={onGone} />;
}

function ForGood({ left, onClose, onGone }: { left: Left; onClose: () => void; onGone: () => void }) {
  const { open } = useProject();
  const what = wordsFor(left.map(({ path }) => path));
  return (
    <Confirm
      title={`Delete ${what} for good?`}
      verb="Delete for good"
      danger
      onClose={onClose}
      onConfirm={async () => {
        await deletePaths(
          open,
          left.map(({ path }) => path),
          true,
        );
        onGone();
        tell(`${what} deleted for good.`);
      }}
    >
      <Text size="sm">{left[0]?.error} This cannot be undone; folders go with all that is in them.</Text>
    </Confirm>
  );
}

async function deletePaths(open: OpenProject, paths: readonly string[], forever: boolean) {
  const all: FileAnswers["delete"] = { trashed: [], left: [] };
  for (let at = 0; at < paths.length; at += PATHS_AT_ONCE) {
    const some = paths.slice(at, at + PATHS_AT_ONCE);
    const { trashed, left } = await open.files.command("delete", { paths: some, forever }).catch((error: unknown) => {
      if (!(error instanceof RequestError) || error.code === "offline") throw error;
      const { message, code } = error;
      return { trashed: [], left: some.map((path) => ({ path, error: message, code })) };
    });
    all.trashed.push(...trashed);
    all.left.push(...left);
  }
  const left = new Set(all.left.map(({ path }) => path));
  open.tabs.deleted(paths.filter((path) => !left.has(path)));
  open.filesChanged.update((count) => count + 1);
  return all;
}

function tellTrashed(open: OpenProject, paths: readonly string[], trashed: readonly string[]): void {
  const what = trashed.length === paths.length ? wordsFor(paths) : countOf(trashed.length, "entry", "entries");
  tellUndoable(`${what} moved to the trash.`, async () => {
    for (let at = 0; at < trashed.length; at += PATHS_AT_ONCE)
      await open.files.command("restore", { ids: trashed.slice(at, at + PATHS_AT_ONCE) });
    open.filesChanged.update((count) => count + 1);
  });
}

function wordsFor(paths: readonly string[]): string {
  const [first = ""] = paths;
  return paths.length === 1 ? `“${visibleName(baseName(first))}”` : countOf(paths.length, "entry", "entries");
}
