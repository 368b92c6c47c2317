/** The questions that acting on files needs: a name, or whether to delete for good. */

import { useNavigate } from "@tanstack/react-router";
import type { FileEntry } from "../../../protocol/project-files.ts";
import { countOf } from "../../core/format.ts";
import { joinPath, nameOfCopy, problemOfName } from "../../core/paths.ts";
import { useProject } from "../../ui/app-context.ts";
import { AskText, Confirm } from "../../ui/ask.tsx";
import { tell } from "../../ui/tell.ts";
import { tellUndoable } from "../../ui/tell-undoable.tsx";

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
    problemOfName(name) ?? (taken.has(name) ? `There is already something called “${name}” here.` : undefined);
  if (question.kind === "delete") {
    const [first] = question.entries;
    const what =
      question.entries.length === 1 ? `“${first?.name}”` : countOf(question.entries.length, "entry", "entries");
    return (
      <Confirm
        title={`Delete ${what}?`}
        verb="Delete"
        danger
        onClose={onClose}
        onConfirm={async () => {
          await act.remove(question.entries.map(({ name }) => name));
          onGone();
          tell(`${what} deleted.`);
        }}
      >
        {question.entries.length === 1
          ? ""
          : `${question.entries
              .slice(0, 5)
              .map(({ name }) => name)
              .join(", ")}${question.entries.length > 5 ? " …" : ""}. `}
        This cannot be undone; folders go with all that is in them.
      </Confirm>
    );
  }
  if (question.kind === "rename") {
    const { name } = question.entry;
    return (
      <AskText
        title={`Rename “${name}”`}
        label="New name"
        verb="Rename"
        initial={name}
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
        title={`Copy “${name}”`}
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
  const { files, tabs, filesChanged } = open;
  const changed = () => filesChanged.update((count) => count + 1);
  const rename = async (from: string, to: string) => {
    if (from === to) return;
    const [old, next] = [joinPath(path, from), joinPath(path, to)];
    await files.command("rename", { from: old, to: next });
    changed();
  };
  return {
    rename: async (from: string, to: string) => {
      await rename(from, to);
      if (from !== to) tellUndoable(`“${from}” is now “${to}”.`, () => rename(to, from));
    },
    copy: async (from: string, to: string) => {
      await files.command("copy", { from: joinPath(path, from), to: joinPath(path, to) });
      changed();
    },
    makeFolder: async (name: string) => {
      await files.command("make-folder", { path: joinPath(path, name) });
      changed();
    },
    makeFile: async (name: string) => {
      const target = joinPath(path, name);
      await files.createFile(target);
      changed();
      void navigate({
        to: "/projects/$projectId/files/$",
        params: { projectId: open.projectId, _splat: target } as never,
      });
    },
    remove: async (names: readonly string[]) => {
      const paths = names.map((name) => joinPath(path, name));
      for (let at = 0; at < paths.length; at += 1_000)
        await files.command("delete", { paths: paths.slice(at, at + 1_000) });
      tabs.deleted(paths);
      changed();
    },
  };
}
