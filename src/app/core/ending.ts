/** Ending a project that runs: what it would end, and who ended it, in words. */

import type { ProjectRunning } from "../../protocol/project-running.ts";
import type { Api } from "./api.ts";
import { countOf } from "./format.ts";
import { projectApi, type Site } from "./site.ts";

export type EndAction = "stop" | "restart" | "delete";

/** What somebody is about to do with a project. */
export interface Ending {
  projectId: string;
  title: string;
  action: EndAction;
  /** With a restart: into rescue mode. */
  rescue?: boolean;
}

const WAIT_MS = 3_000;

/** What runs and who is there; undefined when the project's server cannot tell now. */
export async function whatRuns(site: Site, projectId: string): Promise<ProjectRunning | undefined> {
  try {
    const response = await fetch(projectApi(site, projectId, "running"), { signal: AbortSignal.timeout(WAIT_MS) });
    return response.ok ? ((await response.json()) as ProjectRunning) : undefined; // our own server is believed
  } catch {
    return undefined;
  }
}

const NAMED = 5;

/** What would end, in sentences; none when nobody would miss anything. */
export function wouldEnd(
  { people, programs, morePrograms }: ProjectRunning,
  ownAccountId: string | undefined,
): string[] {
  const others = people.filter(({ account_id }) => account_id !== ownAccountId).map(({ name }) => name);
  const sentences: string[] = [];
  if (others.length > 0) sentences.push(`${listed(others)} ${others.length === 1 ? "is" : "are"} working in it now.`);
  const count = programs.length + morePrograms;
  if (count > 0) {
    const rest = count - Math.min(programs.length, NAMED);
    const more = rest > 0 ? ` and ${countOf(rest, "more program")}` : "";
    sentences.push(`These run in it and end: ${programs.slice(0, NAMED).join(" · ")}${more}.`);
  }
  return sentences;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMED);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(", ")} and ${countOf(rest, "other")}`;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}` : (shown[0] ?? "");
}

const DONE: Record<string, string> = {
  project_stop_requested: "stopped",
  project_restart_requested: "restarted",
  delete_project: "deleted",
};
const LOOKED_AT = 10;

/** Who ended the project last, as "Ada stopped the project."; undefined when it was this person, or nobody knows. */
export async function whoEnded(
  api: Api,
  projectId: string,
  ownAccountId: string | undefined,
): Promise<string | undefined> {
  const { log } = await api("projects/log", { project_id: projectId, limit: LOOKED_AT });
  const entry = log.find(({ event }) => DONE[event.event] !== undefined);
  if (entry === undefined || entry.account_id === null || entry.account_id === ownAccountId) return undefined;
  const { names } = await api("accounts/get-names", { account_ids: [entry.account_id] });
  const found = names[entry.account_id];
  const name = found === undefined ? "Somebody" : `${found.first_name} ${found.last_name}`.trim();
  return `${name} ${DONE[entry.event.event]} the project.`;
}
