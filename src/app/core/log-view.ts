/** Events of a project's log in the user's words. Pure. */

import type { EndpointOutput } from "../../protocol/api-v2-table.ts";

export type LogEntry = EndpointOutput<"projects/log">["log"][number];
export type LogKind = "project" | "members" | "start" | "files" | "other";

const WORDS: Record<string, { kind: LogKind; words: string }> = {
  project_created: { kind: "project", words: "created the project" },
  create_project: { kind: "project", words: "created the project" },
  project_start_requested: { kind: "start", words: "asked to start the project" },
  project_stop_requested: { kind: "start", words: "asked to stop the project" },
  project_restart_requested: { kind: "start", words: "asked to restart the project" },
  project_started: { kind: "start", words: "The project started" },
  project_stopped: { kind: "start", words: "The project stopped" },
  delete_project: { kind: "project", words: "deleted the project" },
  undelete_project: { kind: "project", words: "restored the project" },
  open: { kind: "files", words: "opened" },
};

const FIELD_NAMES: Record<string, string> = {
  title: "title",
  description: "description",
  compute_image: "image",
  env: "environment",
  name: "name",
};

/** What happened, after the name of who did it. */
export function wordsOfEvent({ event }: LogEntry): { kind: LogKind; words: string } {
  const { event: name, ...fields } = event;
  if (name === "set") {
    const changed = Object.keys(fields).map((field) => FIELD_NAMES[field] ?? field.replaceAll("_", " "));
    return { kind: "project", words: `changed the ${changed.join(", ")}` };
  }
  const known = WORDS[name];
  if (known !== undefined) return known;
  const kind = /collaborator|invite|member|user/.test(name) ? "members" : "other";
  const about = Object.values(fields).filter((value) => typeof value === "string" && !/^[0-9a-f-]{36}$/.test(value));
  const words = name.replaceAll(/[_-]/g, " ");
  return { kind, words: about.length === 0 ? words : `${words}: ${about.join(", ")}` };
}
