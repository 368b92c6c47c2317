/** A project's server as the whole of a process. What it loads is bundled into one file: neither the database nor the cluster is in it. */

import project from "../../roles/project/index.ts";
import { environment } from "../core/env.ts";
import type { EarlyListener } from "../net/serve/early-listener.ts";
import { fail } from "./fail.ts";
import { runServing } from "./run-serving.ts";
import { serveRoles } from "./serve-roles.ts";

/** Whether the bundle's code cache was there and fitted this Node; undefined from source. */
export type CodeCache = "taken" | "refused" | "missing" | undefined;

interface Before {
  /** Holds connections meanwhile; undefined where it could not listen. */
  early: EarlyListener | undefined;
  codeCache: CodeCache;
}

const openers = { db: () => notHere("the database"), kube: () => notHere("Kubernetes") };

function notHere(part: string): never {
  throw new Error(`A project's server has nothing to do with ${part}.`);
}

/** Runs it until a signal. */
export async function runProject({ early, codeCache }: Before): Promise<void> {
  const env = environment();
  try {
    await runServing([project.name], env, async (life, log) => {
      if (codeCache === "refused") log.warn({}, "the code cache was made by another Node: this start compiled anew");
      else log.info({ codeCache }, "loaded");
      await serveRoles(life, { roles: [project], openers, env, log, early });
    });
  } catch (error) {
    fail(error);
  }
}
