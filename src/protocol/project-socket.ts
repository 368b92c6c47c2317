/**
 * The socket to a project's own server (port 6001 of the pod, behind hub-proxy): socket.io at `<base>/<project_id>/api/socket`, one for each
 * open project. Requests are answered `{ok:true,…}` or `{ok:false} & WireError`.
 */

import { z } from "zod";
import type { WireError } from "./common.ts";
import type { Move } from "./moved-path.ts";
import { type DocumentAnswers, type DocumentEvents, documentRequests } from "./project-documents.ts";
import { wirePath } from "./project-files.ts";
import type { OutOfMemory, ProjectStatus } from "./project-status.ts";
import { type TerminalAnswers, type TerminalEvents, terminalRequests } from "./project-terminals.ts";
import type { ServerEntry } from "./project-web-servers.ts";

export const projectRequests = {
  ...terminalRequests,
  ...documentRequests,
  status: z.object({}),
  /** The servers with a name that can be started here. */
  servers: z.object({}),
  /** Watches one folder: `folder_changed` is sent when its content changes. One folder per socket at a time. */
  watch_folder: z.object({ path: wirePath.nullable() }),
} as const;
export type ProjectRequestName = keyof typeof projectRequests;

export interface ProjectAnswers extends TerminalAnswers, DocumentAnswers {
  status: ProjectStatus;
  servers: { servers: ServerEntry[] };
  watch_folder: Record<string, never>;
}
export type ProjectAnswer<N extends ProjectRequestName> =
  | ({ ok: true } & ProjectAnswers[N])
  | ({ ok: false } & WireError);

export interface ProjectEvents extends TerminalEvents, DocumentEvents {
  /** At once after connecting. `boot` is new with every start of the server. */
  hello: (server: { project_id: string; boot: string; account_id: string; name: string; home: string }) => void;
  /** A file or folder was moved through this server; documents in it have the new path from here on. Sent to every socket. */
  files_moved: (move: Move) => void;
  /** A program was ended because the project had no more memory, or that is why all of it ended before. Sent to every socket. */
  out_of_memory: (what: OutOfMemory) => void;
  folder_changed: (change: { path: string }) => void;
  /** The project is about to stop; everything is being saved. */
  stopping: () => void;
}
