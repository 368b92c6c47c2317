/**
 * Files of a project over HTTP, below `<base>/<project_id>/api/` (answers are JSON, an error is a WireError with its status):
 *   GET    files/list?path=&after=&limit=          FileListing
 *   GET    files/stat?path=                        FileEntry
 *   GET    files/read?path=[&download=1]           the bytes; Range and If-None-Match work; ETag as in FileEntry
 *   PUT    files/write?path=[&mkdir=1]             body = the bytes, any size, streamed to a temporary file and renamed; If-Match / If-None-Match:* ; WrittenEntry
 *                                                  [&trash=1]: what is replaced is kept in the trash
 *   GET    files/upload?path=&key=&size=           UploadAnswer: what is here of a file that comes in parts, and what is at its path
 *   PUT    files/upload?path=&key=&size=&offset=[&mkdir=1][&trash=1]   body = the bytes from `offset` on; conditions as of write; UploadAnswer
 *   DELETE files/upload?path=&key=&size=           forgets what is here of it
 *   GET    files/uploads                           {uploads: UnfinishedUpload[]}: the caller's own
 *   GET    files/archive?path=…&path=…&format=zip|tar
 *   POST   files/make-folder {path} · files/rename {from, to} · files/copy {from, to} · files/link {path, target}
 *   POST   files/delete {paths} → {trashed: ids, left}: moves to the trash; with `forever`, deletes for good
 *   GET    files/trash                             {items: TrashItem[]}, the latest first
 *   POST   files/restore {ids} → {restored: [{id, path}]} · files/empty-trash {ids?} → {count}
 * and the raw bytes of a file in the home directory at `<base>/<project_id>/raw/<path>`.
 *
 * A path is relative to the home directory, or absolute below /ext, /data or /tmp. It is a string where its bytes are UTF-8, else
 * `base64:` + base64url of the bytes (a real name that begins so is written in that form too); each name of a path for itself.
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

/** A file that was put in its place. */
export interface WrittenEntry extends FileEntry {
  /** Why it was written in place, in words; else it is new or was replaced at once. */
  inPlace?: string;
}

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
  delete: z.object({ paths: z.array(wirePath).min(1).max(1_000), forever: z.boolean().default(false) }),
  restore: z.object({ ids: z.array(z.string()).min(1).max(1_000) }),
  "empty-trash": z.object({ ids: z.array(z.string()).max(1_000).optional() }),
} as const;
export type FileCommandName = keyof typeof fileCommands;

export interface FileAnswers {
  "make-folder": FileEntry;
  rename: FileEntry;
  copy: FileEntry;
  link: FileEntry;
  /** Ids in the trash; and what could not be deleted, where something could. */
  delete: { trashed: string[]; left: { path: string; error: string; code: string }[] };
  restore: { restored: { id: string; path: string }[] };
  "empty-trash": { count: number };
}

/** Something that was deleted, and can be put back. */
export interface TrashItem {
  id: string;
  /** Where it was. */
  path: string;
  kind: FileEntry["kind"];
  /** Bytes; null while those of a folder are not counted yet. */
  size: number | null;
  deleted: string;
  by: { account_id: string; name: string };
}

/** Who has a file open in an editor. */
export interface OpenBy {
  account_id: string;
  name: string;
}

export interface UploadAnswer {
  /** Bytes that are here. */
  offset: number;
  /** The file, when it is whole and in its place. */
  entry?: WrittenEntry;
  /** What is at its path, and who edits that now; only in answers to GET. */
  existing?: FileEntry | null;
  openBy?: OpenBy[];
}

/** A file of which a part is here. */
export interface UnfinishedUpload {
  path: string;
  key: string;
  size: number;
  offset: number;
  /** When a part came last. */
  touched: string;
}

/** Names an upload: made by the sender of the file's name, size, time and some of its bytes. */
export const uploadKey = z.string().regex(/^[\w-]{8,64}$/);
