/** Events of a project's log in the user's words. Pure. */

import { ASKED_WORDS } from "../../domain/projects/asked-rules.ts";
import { grantWords } from "../../domain/quotas/grant-words-rules.ts";
import { askedFor } from "../../protocol/api-v2-quotas.ts";
import type { EndpointOutput } from "../../protocol/api-v2-table.ts";
import { memberGroup } from "../../protocol/project.ts";
import { countOf } from "./format.ts";
import { outOfMemoryWords } from "./memory-view.ts";
import { visibleName } from "./names.ts";
import { GROUP_WORDS } from "./project-view.ts";

export type LogEntry = EndpointOutput<"projects/log">["log"][number];
export type LogKind = "project" | "members" | "start" | "files" | "other";

const WORDS: Record<string, { kind: LogKind; words: string }> = {
  project_created: { kind: "project", words: "created the project" },
  create_project: { kind: "project", words: "created the project" },
  project_start_requested: { kind: "start", words: "asked to start the project" },
  project_stop_requested: { kind: "start", words: "asked to stop the project" },
  project_restart_requested: { kind: "start", words: "asked to restart the project" },
  project_started: { kind: "start", words: "started the project" },
  project_stopped: { kind: "start", words: "stopped the project" },
  project_start_failed: { kind: "start", words: "could not start the project" },
  collaborator_joined: { kind: "members", words: "joined the project" },
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

/** Who else an event is about: the field that names the account. */
const ABOUT = ["invitee_account_id", "target_account_id", "removed_account_id"] as const;

/** The account that an event is about, beside the one that did it. */
export function aboutOf({ event }: LogEntry): string | undefined {
  for (const field of ABOUT) if (typeof event[field] === "string") return event[field];
  return undefined;
}

/** What happened, after the name of who did it; `about` is the name of who it was done to. */
export function wordsOfEvent(entry: LogEntry, about = "somebody"): { kind: LogKind; words: string } {
  const { event: name, ...fields } = entry.event;
  const members = membersWords(entry, about);
  if (members !== undefined) return { kind: "members", words: members };
  if (name === "set") {
    const changed = Object.keys(fields).map((field) => FIELD_NAMES[field] ?? field.replaceAll("_", " "));
    return { kind: "project", words: `changed the ${changed.join(", ")}` };
  }
  if (name === "file_action") return { kind: "files", words: filesWords(entry) };
  const quota = quotaWords(entry);
  if (quota !== undefined) return { kind: "project", words: quota };
  if (name === "project_out_of_memory") return { kind: "start", words: memoryEventWords(entry) };
  const known = WORDS[name];
  if (known !== undefined && entry.event.rescue === true) return { ...known, words: `${known.words} in rescue mode` };
  if (known !== undefined) return known;
  const kind = /collaborator|invite|member|user/.test(name) ? "members" : "other";
  const told = Object.values(fields).filter((value) => typeof value === "string" && !/^[0-9a-f-]{36}$/.test(value));
  const words = name.replaceAll(/[_-]/g, " ");
  return { kind, words: told.length === 0 ? words : `${words}: ${told.join(", ")}` };
}

/** About what the project may use: licences, an administrator's grants, and asking for more. */
function quotaWords({ event }: LogEntry): string | undefined {
  if (event.event === "set_quotas") {
    const what = grantWords(event);
    return `set what the project may use${what === "" ? "" : `: ${what}`}`;
  }
  if (event.event === "license") {
    const license = `the licence “${event.title || "without a title"}”`;
    return event.action === "remove" ? `took ${license} from the project` : `gave the project ${license}`;
  }
  if (event.event !== "ask_for_more") return undefined;
  const what = askedFor.safeParse(event.what).data ?? "other";
  const message = typeof event.message === "string" && event.message !== "" ? `: “${event.message}”` : "";
  return `asked the ${event.asked} for more ${ASKED_WORDS[what]}${message}`;
}

/** Of what a project's server says in it, only what is of the right kind is shown. */
function memoryEventWords({ event: { process, used, limit, whole } }: LogEntry): string {
  const amount = (value: unknown) => (typeof value === "number" && value >= 0 ? value : null);
  const told = { process: typeof process === "string" ? process : null, whole: whole === true };
  return `ran out of memory. ${outOfMemoryWords({ ...told, used: amount(used), limit: amount(limit) })}`;
}

const FILE_WORDS: Record<string, (what: string) => string> = {
  trashed: (what) => `moved ${what} to the trash`,
  deleted: (what) => `deleted ${what} for good`,
  restored: (what) => `restored ${what} from the trash`,
  emptied_trash: (what) => `deleted ${what} in the trash for good`,
};

function filesWords({ event: { action, files, count } }: LogEntry): string {
  const names = Array.isArray(files)
    ? files.filter((file) => typeof file === "string").map((file) => `“${visibleName(file)}”`)
    : [];
  const all = Number(count);
  const what =
    all > names.length
      ? `${[...names, countOf(all - names.length, names.length > 0 ? "other" : "entry", names.length > 0 ? "others" : "entries")].join(", ")}`
      : names.join(", ");
  return FILE_WORDS[String(action)]?.(what) ?? `changed ${what}`;
}

function membersWords(entry: LogEntry, about: string): string | undefined {
  const { event: name, group, invitee_email: email } = entry.event;
  if (name === "invite_user") return `added ${about}`;
  if (name === "invite_nonuser") return `invited ${email}`;
  if (name === "remove_invitation") return `withdrew the invitation of ${email}`;
  if (name === "change_collaborator_type")
    return `made ${about} ${GROUP_WORDS[memberGroup.safeParse(group).data ?? "collaborator"]}`;
  if (name !== "remove_collaborator") return undefined;
  return aboutOf(entry) === entry.account_id ? "left the project" : `removed ${about}`;
}
