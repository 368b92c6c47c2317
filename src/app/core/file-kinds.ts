/** What a file is by its name, as far as showing it goes. */

import { MAX_TEXT_BYTES } from "../../protocol/document-text.ts";
import type { FileEntry } from "../../protocol/project-files.ts";
import { compareNames, extensionOf } from "./paths.ts";

const PICTURES = new Set(["png", "jpg", "jpeg", "gif", "webp", "avif", "bmp", "ico"]);
const BINARIES = new Set(
  "pdf zip gz tgz bz2 xz zst 7z tar rar exe so o a dylib dll class jar pyc whl mp3 mp4 m4a ogg webm mov avi mkv wav flac woff woff2 ttf otf doc docx xls xlsx ppt pptx odt ods sqlite db parquet npy npz h5 hdf5 pkl rds rdata".split(
    " ",
  ),
);
export type Showing = "editor" | "picture" | "download";

/** How a file is shown. */
export function showingOf(name: string, size: number): Showing {
  const extension = extensionOf(name);
  if (PICTURES.has(extension)) return "picture";
  return BINARIES.has(extension) || size > MAX_TEXT_BYTES ? "download" : "editor";
}

/** A folder, or a link to one. */
export const isFolder = ({ kind, link }: FileEntry): boolean => kind === "folder" || link?.kind === "folder";

export type SortKey = "name" | "size" | "modified";
export interface Sorting {
  by: SortKey;
  descending: boolean;
}

/** Folders first, then by the key. */
export function sortEntries(entries: readonly FileEntry[], { by, descending }: Sorting): FileEntry[] {
  const sign = descending ? -1 : 1;
  const compare = (a: FileEntry, b: FileEntry): number => {
    if (by === "size") return a.size - b.size || compareNames(a.name, b.name);
    if (by === "modified") return a.modified.localeCompare(b.modified) || compareNames(a.name, b.name);
    return compareNames(a.name, b.name);
  };
  return [...entries].sort((a, b) => Number(isFolder(b)) - Number(isFolder(a)) || sign * compare(a, b));
}
