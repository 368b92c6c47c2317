/** What was chosen or dropped to be uploaded: files, and those in folders, with their paths. */

import { joinPath, wireName } from "./paths.ts";

export interface ChosenFile {
  /** Path below the folder into which it goes, as the wire has it. */
  path: string;
  file: File;
}

const MOST_FILES = 10_000;

/** The same files, with their paths as they go into a folder. */
export function inFolder(folder: string, chosen: readonly ChosenFile[]): ChosenFile[] {
  return chosen.map(({ path, file }) => ({ file, path: joinPath(folder, path) }));
}

/** The files of an input, also of one that takes folders. @throws where there are too many, in words. */
export function pickedFiles(files: Iterable<File>): ChosenFile[] {
  const found: ChosenFile[] = [];
  for (const file of files) take(found, { path: wirePath(file.webkitRelativePath || file.name), file });
  return found;
}

/**
 * Reads a drop to its end. The entries must be taken before the event is over, which is why this is called at once.
 * @throws where there are too many, in words, or one cannot be read.
 */
export async function droppedFiles(transfer: DataTransfer): Promise<ChosenFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return pickedFiles(transfer.files);
  const found: ChosenFile[] = [];
  for (const entry of entries) await collect(entry, found);
  return found;
}

async function collect(entry: FileSystemEntry, found: ChosenFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)); // isFile says so
    return take(found, { path: wirePath(entry.fullPath.replace(/^\/+/, "")), file });
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader(); // neither file nor folder does not exist
  for (;;) {
    const page = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (page.length === 0) return;
    for (const child of page) await collect(child, found);
  }
}

/** A part of a folder would pass for all of it: too many are none. */
function take(found: ChosenFile[], file: ChosenFile): void {
  if (found.length >= MOST_FILES) {
    const most = MOST_FILES.toLocaleString("en");
    throw new Error(`These are more than ${most} files. Pack them into one archive and unpack it in a terminal.`);
  }
  found.push(file);
}

const wirePath = (path: string): string => path.split("/").map(wireName).join("/");
