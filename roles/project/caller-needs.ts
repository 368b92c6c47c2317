/** What each request on the socket needs of its caller, in the words of the one table of rights (over HTTP each handler says it). Pure. */

import { forbidden } from "../../src/core/errors.ts";
import { may, type ProjectNeed, whyNot } from "../../src/protocol/project-rights.ts";
import type { ProjectRequestName } from "../../src/protocol/project-socket.ts";
import type { Caller } from "./callers.ts";

const SOCKET: Readonly<Record<ProjectRequestName, ProjectNeed>> = {
  status: "read",
  servers: "read",
  watch_folder: "read",
  document_open: "read",
  document_awareness: "read",
  document_close: "read",
  document_update: "write",
  document_save: "write",
  terminal_create: "run",
  terminal_list: "run",
  terminal_open: "run",
  terminal_input: "run",
  terminal_resize: "run",
  terminal_ack: "run",
  terminal_close: "run",
  terminal_kill: "run",
  terminal_restart: "run",
};

export function needOfRequest(name: ProjectRequestName): ProjectNeed {
  return SOCKET[name];
}

/** @throws AppError `forbidden` in words for the caller. */
export function checkMay({ role }: Pick<Caller, "role">, need: ProjectNeed): void {
  if (!may(role, need)) throw forbidden(whyNot(role, need));
}
