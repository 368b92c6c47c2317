/** Watches one folder for a socket: by inotify, and by looking now and then, as shared storage tells nobody of another machine's writes. */

import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { every } from "../../../src/core/clock.ts";
import type { PlacePath, Places } from "../../../src/files/places.ts";
import { inFolder } from "../../../src/files/walk.ts";

const LOOK_EVERY_MS = 3_000;
/** Many changes at once are told once. */
const GATHER_MS = 150;

/** Calls `changed` after each change of the folder's content until the signal is aborted. @throws AppError when it is not there. */
export async function watchFolder(
  places: Places,
  path: PlacePath,
  { signal, changed }: { signal: AbortSignal; changed: () => void },
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tell = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      changed();
    }, GATHER_MS);
  };
  const watcher = await inFolder(places, path, async (folder) => openWatcher(folder.path.toString(), tell));
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    watcher?.close();
  });
  if (signal.aborted) watcher?.close();
  let before = await lookAt(places, path);
  void every(LOOK_EVERY_MS, signal, async () => {
    const now = await lookAt(places, path);
    if (now !== before && !signal.aborted) tell();
    before = now;
  });
}

/** The kernel's watches may be used up: then looking has to do. */
function openWatcher(path: string, tell: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, tell);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

async function lookAt(places: Places, path: PlacePath): Promise<string> {
  try {
    return await inFolder(places, path, async (folder) => {
      const { ino, mtimeNs } = await stat(folder.path, { bigint: true });
      return `${ino} ${mtimeNs}`;
    });
  } catch {
    return "gone"; // or not readable now: told as a change, the listing says what is wrong
  }
}
