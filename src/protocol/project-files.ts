/**
 * Files of a project over HTTP, below `<base>/<project_id>/api/` (answers are JSON, an error is a WireError with its status):
 *   GET    files/list?path=&after=&limit=          FileListing
 *   GET    files/stat?path=                        FileEntry
 *   GET    files/read?path=[&download=1]           the bytes; Range and If-None-Match work; ETag as in FileEntry
 *   PUT    files/write?path=[&mkdir=1]             body = the bytes, any size, streamed to a temporary file and renamed; If-Match / If-None-Match:* ; FileEntry
 *   GET    files/archive?path=…&path=…&format=zip|tar
 *   POST   files/make-folder {path} · files/rename {from, to} · files/copy {from, to} · files/link {path, target} · files/delete {paths}
 * and the raw bytes of a file in the home directory at `<base>/<project_id>/raw/<path>`.
 *
 * A path is relative to the home directory, or absolute below /ext, /data or /tmp. It is a string where its bytes are UTF-8, else
 * `base64:` + base64url of the bytes (a real name that begins so is written in that form too).
 */

import { z } from "zod";
import { isoTime } from "./common.ts";

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
