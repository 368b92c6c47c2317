/** The questions that acting on files needs: a name, or whether to delete. */

import { useNavigate } from "@tanstack/react-router";
import type { FileEntry } from "../../../protocol/project-files.ts";
import { splatOf } from "../../core/file-address.ts";
import { proposalFor, visibleName } from "../../core/names.ts";
import { joinPath, nameOfCopy, problemOfName, wireName } from "../../core/paths.ts";
import { useProject } from "../../ui/app-context.ts";
import { AskText } from "../../ui/ask.tsx";
import { tellUndoable } from "../../ui/tell-undoable.tsx";
import { DeleteQuestion } from "./delete-question.tsx";

export type FileQuestion =
  | { kind: "new-file" }
  | { kind: "new-folder" }
  | { kind: "rename"; entry: FileEntry }
  | { kind: "copy"; entry: FileEntry }
  | { kind: "delete"; entries: readonly FileEntry[] };

interface FileDialogsProps {
  path: string;
  entries: readonly FileEntry[];
  question: FileQuestion | undefined;
  onClose: () => void;
  /** The selected ones are gone. */
  onGone: () => void;
}

export function FileDialogs({ path, entries, question, onClose, onGone }: FileDialogsProps) {
  const act = useFileActions(path);
  if (question === undefined) return null;
  const taken = new Set(entries.map(({ name }) => name));
  const freeName = (name: string) =>
    problemOfName(name) ??
    (taken.has(wireName(name)) ? `There is already something called “${name}” here.` : undefined);
  if (question.kind === "delete")
    return <DeleteQuestion path={path} entries={question.entries} onClose={onClose} onGone={onGone} />;
  if (question.kind === "rename") {
    const { name } = question.entry;
    return (
      <AskText
        title={`Rename “${visibleName(name)}”`}
        label="New name"
        verb="Rename"
        initial={proposalFor(name)}
        problemOf={(text) => (text === name ? undefined : freeName(text))}
        onClose={onClose}
        onAnswer={(text) => act.rename(name, text)}
      />
    );
  }
  if (question.kind === "copy") {
    const { name } = question.entry;
    return (
      <AskText
        title={`Copy “${visibleName(name)}”`}
        label="Name of the copy"
        verb="Copy"
        initial={nameOfCopy(name, taken)}
        problemOf={freeName}
        onClose={onClose}
        onAnswer={(text) => act.copy(name, text)}
      />
    );
  }
  if (question.kind === "new-folder")
    return (
      <AskText
        title="New folder"
        label="Name of the folder"
        verb="Create"
        problemOf={freeName}
        onClose={onClose}
        onAnswer={act.makeFolder}
      />
    );
  return (
    <AskText
      title="New file"
      label="Name of the file"
      verb="Create"
      problemOf={freeName}
      onClose={onClose}
      onAnswer={act.makeFile}
    />
  );
}

function useFileActions(path: string) {
  const { open } = useProject();
  const navigate = useNavigate();
  const { files, filesChanged } = open;
  const changed = () => filesChanged.update((count) => count + 1);
  const rename = async (from: string, to: string) => {
    if (from === to) return;
    const [old, next] = [joinPath(path, from), joinPath(path, to)];
    await files.command("rename", { from: old, to: next });
    changed();
  };
  return {
    rename: async (from: string, typed: string) => {
      const to = typed === from ? from : wireName(typed);
      await rename(from, to);
      if (from !== to) tellUndoable(`“${visibleName(from)}” is now “${visibleName(to)}”.`, () => rename(to, from));
    },
    copy: async (from: string, typed: string) => {
      await files.command("copy", { from: joinPath(path, from), to: joinPath(path, wireName(typed)) });
      changed();
    },
    makeFolder: async (typed: string) => {
      await files.command("make-folder", { path: joinPath(path, wireName(typed)) });
      changed();
    },
    makeFile: async (typed: string) => {
      const target = joinPath(path, wireName(typed));
      await files.createFile(target);
      changed();
      void navigate({
        to: "/projects/$projectId/files/$",
        params: { projectId: open.projectId, _splat: splatOf(target) },
      });
    },
  };
}
