/** What was dropped on the page: files, and those in dropped folders, with their paths. */

import { wireName } from "./paths.ts";

export interface DroppedFile {
  /** Path below the place of the drop. */
  path: string;
  file: File;
}

const MOST_FILES = 10_000;

/** Reads a drop to its end. The entries must be taken before the event is over, which is why this is called at once. */
export async function droppedFiles(transfer: DataTransfer): Promise<DroppedFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ path: wireName(file.name), file }));
  const found: DroppedFile[] = [];
  for (const entry of entries) await collect(entry, found);
  return found;
}

async function collect(entry: FileSystemEntry, found: DroppedFile[]): Promise<void> {
  if (found.length >= MOST_FILES) return;
  const path = entry.fullPath.replace(/^\/+/, "").split("/").map(wireName).join("/");
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)); // isFile says so
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader(); // neither file nor folder does not exist
  for (;;) {
    const page = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (page.length === 0) return;
    for (const child of page) await collect(child, found);
  }
}
