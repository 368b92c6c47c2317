/** What a project's server stands on: where it keeps its notes, and what its terminals and programs are given; otherwise in rescue mode than else. */

import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, environment } from "../../src/core/env.ts";
import type { Life } from "../../src/core/life.ts";
import type { ProjectConfig } from "./config.ts";
import { shellEnvironment } from "./terminals/shell-environment.ts";

interface Footing {
  /** The folder below which the server keeps what it has to find again. */
  own: string;
  /** The shell of a terminal, with its words. */
  shell: readonly [file: string, ...args: string[]];
  /** A fresh environment for a terminal or program. */
  env: () => Record<string, string>;
}

type Parts = Pick<ProjectConfig, "home" | "tmp" | "shell" | "extraEnv" | "rescue">;

/**
 * In rescue mode the home may be full and whatever is in it may be broken: the server's notes and the programs' HOME are a folder of their own,
 * which is empty and goes with the server, and no start-up file of a shell is read.
 */
export async function openFooting(life: Life, { home, tmp, shell, extraEnv, rescue }: Parts): Promise<Footing> {
  if (!rescue) {
    const env = () => shellEnvironment(environment(), { home, extra: extraEnv });
    return { own: home, shell: [shell, "-l"], env };
  }
  const own = await mkdtemp(join(tmp, "rescue-"));
  life.defer("folder of the rescue", () => rm(own, { recursive: true, force: true }));
  const env = () => rescueEnvironment(environment(), { home, own });
  return { own, shell: ["bash", "--noprofile", "--norc"], env };
}

/** By these, a shell executes a file before anything else. */
const STARTUP_FILES = new Set(["BASH_ENV", "ENV", "PROMPT_COMMAND"]);

/** An environment by which nothing of the home is found, and none of the project's variables; PROJECT_HOME says where the home is. */
export function rescueEnvironment(all: Environment, { home, own }: { home: string; own: string }) {
  const isOfHome = (path: string) => path === home || path.startsWith(`${home}/`);
  const kept = Object.entries(shellEnvironment(all, { home: own, extra: {} })).flatMap(([name, value]) => {
    if (STARTUP_FILES.has(name)) return [];
    const parts = value.split(":");
    if (name === "PATH") return [[name, parts.filter((part) => part.startsWith("/") && !isOfHome(part)).join(":")]];
    return parts.some(isOfHome) ? [] : [[name, value]];
  });
  const environment: Record<string, string> = Object.fromEntries(kept);
  return { ...environment, HOME: own, PROJECT_HOME: home, PS1: "(rescue) \\w\\$ " };
}
