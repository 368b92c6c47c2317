/** The path of a place on this machine, for programs that are started there: they may go wherever the project's user may. */

import { join } from "node:path";
import { invalid } from "../core/errors.ts";
import { decodeUtf8, type PlacePath, type Places, pathToWire } from "./places.ts";

/** @throws AppError `invalid` for a name that is not UTF-8: Node's way of starting programs has no bytes there. */
export function localPath(places: Places, path: PlacePath): string {
  const names = path.names.map((name) => {
    const text = decodeUtf8(name);
    if (text === undefined) throw invalid(`${pathToWire(path)}: no program can be started in a folder of such a name.`);
    return text;
  });
  return join(places[path.place], ...names);
}
