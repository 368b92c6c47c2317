/** The commands of the wire as acts on files; the answer to one that makes something is its entry. */

import type { z } from "zod";
import { isAppError } from "../../../src/core/errors.ts";
import { copyPath, deletePath, makeFolder, makeLink, movePath } from "../../../src/files/changes.ts";
import { type Places, parsePath } from "../../../src/files/places.ts";
import { type Deleter, emptyTrash, moveToTrash, restoreFromTrash } from "../../../src/files/trash.ts";
import type { FileAnswers, FileCommandName, fileCommands } from "../../../src/protocol/project-files.ts";

export type FileCommandInput<N extends FileCommandName> = z.output<(typeof fileCommands)[N]>;
type Acts = {
  [N in FileCommandName]: (places: Places, input: FileCommandInput<N>, by: Deleter) => Promise<FileAnswers[N]>;
};

export const fileActs: Acts = {
  "make-folder": (places, { path }) => makeFolder(places, parsePath(places, path)),
  rename: (places, { from, to, overwrite }) =>
    movePath(places, { from: parsePath(places, from), to: parsePath(places, to), overwrite }),
  copy: (places, { from, to, overwrite }) =>
    copyPath(places, { from: parsePath(places, from), to: parsePath(places, to), overwrite }),
  link: (places, { path, target }) => makeLink(places, parsePath(places, path), target),
  delete: (places, { paths, forever }, by) => deleteAll(places, { paths, forever, by }),
  restore: async (places, { ids }) => {
    const restored: FileAnswers["restore"]["restored"] = [];
    for (const id of ids) restored.push({ id, path: await restoreFromTrash(places, id) });
    return { restored };
  },
  "empty-trash": async (places, { ids }) => ({ count: await emptyTrash(places, ids) }),
};

interface Deletion {
  paths: readonly string[];
  forever: boolean;
  by: Deleter;
}

/** What cannot be deleted is told beside what was; an error where that is nothing. */
async function deleteAll(places: Places, { paths, forever, by }: Deletion): Promise<FileAnswers["delete"]> {
  const answer: FileAnswers["delete"] = { trashed: [], left: [] };
  let first: unknown;
  for (const path of paths) {
    try {
      const parsed = parsePath(places, path);
      if (forever) await deletePath(places, parsed);
      else answer.trashed.push(await moveToTrash(places, parsed, by));
    } catch (error) {
      if (!isAppError(error)) throw error;
      first ??= error;
      answer.left.push({ path, error: error.message, code: error.code });
    }
  }
  if (answer.left.length === paths.length) throw first;
  return answer;
}
