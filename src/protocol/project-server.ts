/**
 * The project's own server (port 6001 of the pod, behind hub-proxy at `<base>/<project_id>/…`): files over HTTP; terminals, documents and
 * status over socket.io.
 *
 * HTTP, below `<base>/<project_id>/api/` (answers are JSON, an error is a WireError with its status):
 *   GET    files/list?path=&after=&limit=          FileListing
 *   GET    files/stat?path=                        FileEntry
 *   GET    files/read?path=[&download=1]           the bytes; Range and If-None-Match work; ETag as in FileEntry
 *   PUT    files/write?path=[&mkdir=1]             body = the bytes, any size, streamed to a temporary file and renamed; If-Match / If-None-Match:* ; FileEntry
 *   GET    files/archive?path=…&path=…&format=zip|tar
 *   POST   files/make-folder {path} · files/rename {from, to} · files/copy {from, to} · files/link {path, target} · files/delete {paths}
 *   POST   exec  ExecRequest → ExecAnswer
 *   GET    status → ProjectStatus
 * and the raw bytes of a file in the home directory at `<base>/<project_id>/raw/<path>`; `GET /health` needs no assertion.
 * Whatever is asked at `<base>/<project_id>/port/<name>/…` (or `server`, then without what is before the rest) is forwarded to the program
 * of that name, which is started if need be; the assertion is not.
 *
 * A path is relative to the home directory, or absolute below /ext, /data or /tmp. It is a string where its bytes are UTF-8, else
 * `base64:` + base64url of the bytes (a real name that begins so is written in that form too).
 */

import { z } from "zod";
import { isoTime, type WireError } from "./common.ts";
import type { Move } from "./moved-path.ts";

export const MAX_PATH_LENGTH = 4_096;
/** A path as above; what it means is decided by the server. */
export const wirePath = z.string().max(MAX_PATH_LENGTH * 2);

export const fileEntry = z.object({
  name: z.string(),
  kind: z.enum(["file", "folder", "link", "other"]),
  /** Bytes. */
  size: z.number(),
  modified: isoTime,
  mode: z.number(),
  /** Changes whenever the content does: for If-Match. */
  etag: z.string(),
  /** Where a link points, and whether that exists and what it is. */
  link: z.object({ target: z.string(), kind: z.enum(["file", "folder", "other", "missing"]) }).optional(),
});
export type FileEntry = z.infer<typeof fileEntry>;

/** A page of a folder in order of name (bytes); `next` continues it. */
export const fileListing = z.object({
  path: z.string(),
  entries: z.array(fileEntry),
  next: z.string().nullable(),
  /** May the project write here? */
  writable: z.boolean(),
});
export type FileListing = z.infer<typeof fileListing>;

export const fileCommands = {
  "make-folder": z.object({ path: wirePath }),
  rename: z.object({ from: wirePath, to: wirePath, overwrite: z.boolean().default(false) }),
  copy: z.object({ from: wirePath, to: wirePath, overwrite: z.boolean().default(false) }),
  link: z.object({ path: wirePath, target: z.string().max(MAX_PATH_LENGTH) }),
  delete: z.object({ paths: z.array(wirePath).min(1).max(1_000) }),
} as const;
export type FileCommandName = keyof typeof fileCommands;

/** What a program can be given: no zero byte. */
const programText = z
  .string()
  .max(100_000)
  .refine((text) => !text.includes("\0"), "must not hold a zero byte");

export const execRequest = z.object({
  command: programText.min(1),
  args: z.array(programText).max(1_000).default([]),
  /** The command is a bash script. */
  bash: z.boolean().default(false),
  path: wirePath.default(""),
  env: z.record(programText, programText).default({}),
  stdin: z.string().max(1_000_000).default(""),
  timeoutSeconds: z.number().min(0.1).max(3_600).default(10),
  /** Bytes kept of each of stdout and stderr. */
  maxOutput: z.number().int().min(0).max(20_000_000).default(1_000_000),
});
export type ExecRequest = z.infer<typeof execRequest>;
export const execAnswer = z.object({
  stdout: z.string(),
  stderr: z.string(),
  /** null when it was ended by a signal. */
  exitCode: z.number().nullable(),
  signal: z.string().nullable(),
  timedOut: z.boolean(),
  truncated: z.boolean(),
});
export type ExecAnswer = z.infer<typeof execAnswer>;

/** Names of servers, as they stand in addresses below `port` and `server`. */
export const serverName = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/);

/** A server with a name, and its address below `<base>/<project_id>/`. */
export interface ServerEntry {
  title: string;
  path: string;
}

export const projectStatus = z.object({
  time: isoTime,
  /** When anything was last typed, run or asked for by a person. */
  lastActive: isoTime,
  processes: z.number(),
  /** Bytes; limit null where there is none. */
  memory: z.object({ used: z.number(), limit: z.number().nullable() }),
  /** Cores in use. */
  cpu: z.number(),
  /** Bytes of the file system that holds the home directory. */
  disk: z.object({ used: z.number(), free: z.number() }),
  /** Out-of-memory kills since the start. */
  oomKills: z.number(),
  startedAt: isoTime,
});
export type ProjectStatus = z.infer<typeof projectStatus>;

/** Names of terminals: a file name of at most 100 characters. */
export const terminalName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^/\0]+$/);

/** Name of the shared Y.Text in a document. */
export const DOCUMENT_TEXT = "text";
/** Units of UTF-16 text after which a client acknowledges terminal output at the latest. */
export const TERMINAL_ACK_EVERY = 32_768;

/**
 * socket.io at `<base>/<project_id>/api/socket`, one socket per open project. Requests are answered `{ok:true,…}` or `{ok:false} & WireError`.
 *
 * Terminals: `terminal_open` subscribes; scrollback comes in the answer, further output as `terminal_output` with a running `offset` (units of
 * UTF-16 text between the terminal's birth and the beginning of `text`, in the answer as well), acknowledged by `terminal_ack` so that a slow reader slows the program down, not memory.
 * A client acknowledges at least every TERMINAL_ACK_EVERY units; one that lags too long is sent no more and told `terminal_resync`: it opens the
 * terminal again with the offset it has. Output of another generation than the one a client opened is of a new shell and begins at offset 0.
 * Documents: `document_open` → a Yjs state; updates both ways as `document_update` (binary), awareness as `document_awareness`. The text is the
 * Y.Text named DOCUMENT_TEXT, its line endings always "\n" (the file keeps its own). The server sets `user.name` and `user.account_id` in awareness states.
 */
export const projectRequests = {
  terminal_list: z.object({}),
  /** `generation`+`offset` of an earlier stay: only what is newer is sent, if it is still kept. */
  terminal_open: z.object({
    name: terminalName,
    cols: z.number().int().min(1).max(1_000),
    rows: z.number().int().min(1).max(1_000),
    cwd: wirePath.optional(),
    generation: z.string().max(64).optional(),
    offset: z.number().optional(),
  }),
  terminal_input: z.object({ name: terminalName, text: z.string().max(1_000_000) }),
  terminal_resize: z.object({
    name: terminalName,
    cols: z.number().int().min(1).max(1_000),
    rows: z.number().int().min(1).max(1_000),
  }),
  terminal_ack: z.object({ name: terminalName, offset: z.number() }),
  /** Leaves it; it runs on. */
  terminal_close: z.object({ name: terminalName }),
  /** Ends its processes; who has it open sees that it exited. */
  terminal_kill: z.object({ name: terminalName }),
  /** Starts a new shell in one that exited. */
  terminal_restart: z.object({ name: terminalName }),
  /** `generation` is the one the client has from before; `vector` its Yjs state vector, to be sent only what it lacks. */
  document_open: z.object({
    path: wirePath,
    generation: z.string().max(64).optional(),
    vector: z.instanceof(Uint8Array).optional(),
  }),
  document_update: z.object({ path: wirePath, generation: z.string().max(64), update: z.instanceof(Uint8Array) }),
  document_awareness: z.object({ path: wirePath, update: z.instanceof(Uint8Array) }),
  document_save: z.object({ path: wirePath }),
  document_close: z.object({ path: wirePath }),
  status: z.object({}),
  /** The servers with a name that can be started here. */
  servers: z.object({}),
  /** Watches one folder: `folder_changed` is sent when its content changes. One folder per socket at a time. */
  watch_folder: z.object({ path: wirePath.nullable() }),
} as const;
export type ProjectRequestName = keyof typeof projectRequests;

export interface TerminalView {
  name: string;
  /** New with every shell that is started under the name. */
  generation: string;
  cols: number;
  rows: number;
  /** null while it runs. */
  exitCode: number | null;
}

export interface DocumentView {
  generation: string;
  /** Yjs update: the whole state, or what the client lacks. */
  update: Uint8Array;
  /** The server's state vector, so that the client can send what the server lacks. */
  vector: Uint8Array;
  /** Undefined when it can be edited. */
  readOnly?: string;
  /** Was the file there when it was opened? */
  exists: boolean;
  /** The file was moved while the client was away: this is its path now, for all that follows. */
  path?: string;
}

export interface ProjectAnswers {
  terminal_list: { terminals: TerminalView[] };
  terminal_open: { terminal: TerminalView; text: string; offset: number; whole: boolean };
  terminal_input: Record<string, never>;
  terminal_resize: Record<string, never>;
  terminal_ack: Record<string, never>;
  terminal_close: Record<string, never>;
  terminal_kill: Record<string, never>;
  terminal_restart: { terminal: TerminalView };
  document_open: DocumentView;
  document_update: Record<string, never>;
  document_awareness: Record<string, never>;
  document_save: { etag: string };
  document_close: Record<string, never>;
  status: ProjectStatus;
  servers: { servers: ServerEntry[] };
  watch_folder: Record<string, never>;
}
export type ProjectAnswer<N extends ProjectRequestName> =
  | ({ ok: true } & ProjectAnswers[N])
  | ({ ok: false } & WireError);

export interface ProjectEvents {
  /** At once after connecting. `boot` is new with every start of the server. */
  hello: (server: { project_id: string; boot: string; account_id: string; name: string; home: string }) => void;
  terminal_output: (output: { name: string; generation: string; text: string; offset: number }) => void;
  terminal_resized: (size: { name: string; cols: number; rows: number }) => void;
  terminal_exited: (exit: { name: string; generation: string; exitCode: number }) => void;
  terminal_restarted: (terminal: TerminalView) => void;
  /** The reader lagged too far behind: nothing more is sent until it opens the terminal again. */
  terminal_resync: (terminal: { name: string; generation: string }) => void;
  document_update: (change: { path: string; generation: string; update: Uint8Array }) => void;
  document_awareness: (change: { path: string; update: Uint8Array }) => void;
  /** Saved-state of an open document: `saved` when the file on disk holds all of it. */
  document_state: (state: {
    path: string;
    saved: boolean;
    savedAt?: string;
    readOnly?: string;
    error?: string;
  }) => void;
  /** A file or folder was moved through this server; documents in it have the new path from here on. Sent to every socket. */
  files_moved: (move: Move) => void;
  /** The document was begun anew (its log was lost) or its file was moved: open it again; of another generation, rebase by difference. */
  document_reset: (reset: { path: string; generation: string }) => void;
  folder_changed: (change: { path: string }) => void;
  /** The project is about to stop; everything is being saved. */
  stopping: () => void;
}
