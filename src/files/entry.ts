/** How a file looks on the wire: its kind, size, time and etag. */

import type { BigIntStats } from "node:fs";
import { lstat, readlink, stat } from "node:fs/promises";
import type { FileEntry } from "../protocol/project-files.ts";
import { DOT, type PlacePath, type Places, toWire } from "./places.ts";
import { type Folder, walk } from "./walk.ts";

/** Changes whenever the content does, as far as the file system's clock tells; also when the file is replaced. */
export function etagOf(stats: BigIntStats): string {
  return [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].map((part) => part.toString(36)).join("-");
}

/** Does a list of etags, such as that of If-Match, name this one? A weak one counts: a proxy that compresses weakens ours. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((one) => bare(one) === bare(etag));
}

function bare(etag: string): string {
  return etag.trim().replace(/^W\//, "").replaceAll('"', "");
}

const EARLIEST = Date.parse("0001-01-01T00:00:00Z");
const LATEST = Date.parse("9999-12-31T23:59:59Z");

/** When it was modified. Some file systems keep any 64 bits as a time: what no calendar holds is told as the nearest that one does. */
export function modifiedAt({ mtimeMs }: BigIntStats): Date {
  return new Date(Math.min(Math.max(Number(mtimeMs), EARLIEST), LATEST));
}

/** The entry of a path; a link is told of as one, a place has no name. @throws AppError `not_found` */
export function statPath(places: Places, path: PlacePath): Promise<FileEntry> {
  return walk(places, path, {
    last: "keep",
    use: async ({ folder, name }) =>
      name === undefined ? toEntry("", await lstat(folder.at(DOT), { bigint: true })) : entryOf(folder, name),
  });
}

/** The entry of a name in a folder. @throws ENOENT */
export async function entryOf(folder: Folder, name: Buffer): Promise<FileEntry> {
  const path = folder.at(name);
  const stats = await lstat(path, { bigint: true });
  const entry = toEntry(toWire(name), stats);
  if (entry.kind !== "link") return entry;
  const target = toWire(await readlink(path, "buffer"));
  const pointed = await stat(path, { bigint: true }).catch(() => undefined); // a link to nothing, or to what we may not see
  const kind = pointed === undefined ? "missing" : plainKind(pointed);
  return { ...entry, link: { target, kind } };
}

/** The entry of what was found under a name. */
export function toEntry(name: string, stats: BigIntStats): FileEntry {
  return {
    name,
    kind: stats.isSymbolicLink() ? "link" : plainKind(stats),
    size: Number(stats.size),
    modified: modifiedAt(stats).toISOString(),
    mode: Number(stats.mode & 0o7777n),
    etag: etagOf(stats),
  };
}

function plainKind(stats: BigIntStats): "file" | "folder" | "other" {
  if (stats.isFile()) return "file";
  return stats.isDirectory() ? "folder" : "other";
}
