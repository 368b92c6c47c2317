/** The commands of the wire as acts on files; the answer to one that makes something is its entry. */

import type { z } from "zod";
import { copyPath, deletePath, makeFolder, makeLink, movePath } from "../../../src/files/changes.ts";
import { type Places, parsePath } from "../../../src/files/places.ts";
import type { FileCommandName, fileCommands } from "../../../src/protocol/project-files.ts";

type Input<N extends FileCommandName> = z.output<(typeof fileCommands)[N]>;
type Acts = { [N in FileCommandName]: (places: Places, input: Input<N>) => Promise<object> };

export const fileActs: Acts = {
  "make-folder": (places, { path }) => makeFolder(places, parsePath(places, path)),
  rename: (places, { from, to, overwrite }) =>
    movePath(places, { from: parsePath(places, from), to: parsePath(places, to), overwrite }),
  copy: (places, { from, to, overwrite }) =>
    copyPath(places, { from: parsePath(places, from), to: parsePath(places, to), overwrite }),
  link: (places, { path, target }) => makeLink(places, parsePath(places, path), target),
  delete: async (places, { paths }) => {
    for (const path of paths) await deletePath(places, parsePath(places, path));
    return {};
  },
};
