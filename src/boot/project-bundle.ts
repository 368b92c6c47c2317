/**
 * The bundle of a project's server, and the code that V8 made of it: one file each, beside the executable. Imports nothing of ours, to be
 * there at once.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { constants, Script } from "node:vm";
import type { CodeCache, runProject } from "./project-alone.ts";

export interface ProjectBundle {
  run: typeof runProject;
  codeCache: CodeCache;
  script: Script;
}

/** Where the code cache of the bundle in this folder stands. */
export function codeCacheFile(folder: string): string {
  return join(folder, "project.cache");
}

/** Loads the bundle from a folder; undefined where there is none, as in the sources. */
export function loadProjectBundle(folder: string): ProjectBundle | undefined {
  const filename = join(folder, "project.cjs");
  const source = contentOf(filename)?.toString();
  if (source === undefined) return undefined;
  const cachedData = contentOf(codeCacheFile(folder));
  const script = new Script(`(function(exports,require,module,__filename,__dirname){${source}\n})`, {
    filename,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} as { runProject: typeof runProject } }; // what the bundle exports
  script.runInThisContext()(module.exports, createRequire(filename), module, filename, dirname(filename));
  const codeCache = cachedData === undefined ? "missing" : script.cachedDataRejected ? "refused" : "taken";
  return { run: module.exports.runProject, codeCache, script };
}

function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
