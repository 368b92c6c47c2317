/** What a project's server says that a request did, for the project's log. It may say so only of requests that can have done it. */

import type { RewriteHeader } from "../../src/net/proxy/forward-headers.ts";
import { DONE_HEADER, type DoneInProject, doneInProject, MAX_DONE_LENGTH } from "../../src/protocol/done-in-project.ts";
import type { Target } from "./target.ts";

/** The actions that a request for each may tell of: a project's server that somebody replaced cannot make up others in a visitor's name. */
const ACTIONS: ReadonlyMap<string, readonly DoneInProject["action"][]> = new Map([
  ["POST files/delete", ["trashed", "deleted"]],
  ["POST files/restore", ["restored"]],
  ["POST files/empty-trash", ["emptied_trash"]],
  ["GET status", ["out_of_memory"]],
]);

/** Reads the header of what was done; nobody behind us sees it. */
export function noticingDone(
  rewrite: RewriteHeader,
  { method, target, onDone }: { method: string | undefined; target: Target; onDone: (done: DoneInProject) => void },
): RewriteHeader {
  const isApi = target.kind === "server" && target.what === "api"; // files' own names may look the same
  const command = isApi ? /\/api\/((?:files\/)?[a-z-]+)$/.exec(target.path)?.[1] : undefined;
  const actions = ACTIONS.get(`${method} ${command}`);
  let isTold = false;
  return (name, value) => {
    if (name !== DONE_HEADER) return rewrite(name, value);
    const done = actions === undefined || isTold ? undefined : readDone(value);
    isTold = true;
    if (done !== undefined && actions?.includes(done.action)) onDone(done);
    return undefined;
  };
}

function readDone(value: string): DoneInProject | undefined {
  if (value.length > MAX_DONE_LENGTH) return undefined;
  try {
    return doneInProject.parse(JSON.parse(decodeURIComponent(value)));
  } catch {
    return undefined; // whatever a pod says
  }
}
