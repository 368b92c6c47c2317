/** One instance per data folder: a lock that the operating system holds, and gives back however its process ends. */

import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { AppError, isError } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import { readIfThere } from "./files.ts";

/** Of SQLite: somebody else has the lock. */
const SQLITE_BUSY = 5;
/** Whoever asks whether the folder is locked has the lock for a moment. */
const ASKED_MS = 100;

/** Takes the folder until the life stops. @throws AppError `unavailable` when another process that lives has it. */
export async function lockFolder(life: Life, folder: string): Promise<void> {
  const release = tryLock(folder, ASKED_MS);
  if (release === undefined) throw inUse(folder, await readIfThere(pidPath(folder)));
  life.defer("lock of the data folder", release);
  await writeFile(pidPath(folder), String(process.pid), { mode: 0o600 });
  life.defer("process id in the data folder", () => rm(pidPath(folder), { force: true }));
}

/** Whether an instance that lives has the folder. */
export function isLocked(folder: string): boolean {
  if (!existsSync(lockPath(folder))) return false;
  const release = tryLock(folder, 0);
  release?.();
  return release === undefined;
}

/**
 * What gives the lock back; undefined: another one has it. Node has no call for file locks, but its SQLite does: of all who begin
 * to write one succeeds, and the kernel forgets the locks of a process that was killed, so that nothing stale is ever taken over.
 */
function tryLock(folder: string, timeout: number): (() => void) | undefined {
  const file = new DatabaseSync(lockPath(folder), { timeout });
  try {
    file.exec("BEGIN IMMEDIATE");
    return () => file.close();
  } catch (error) {
    file.close();
    if (isError(error) && "errcode" in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

function inUse(folder: string, pid: string | undefined): AppError {
  const who = pid === undefined ? "Another instance" : `Another instance (process ${pid})`;
  return new AppError(
    "unavailable",
    `${who} uses the data folder ${folder}: stop it, or set COCALC_DATA to another folder.`,
  );
}

/** Opened by SQLite alone: a process loses its locks on a file when it closes the file, however it had opened it. */
const lockPath = (folder: string) => `${folder}/lock.sqlite`;
/** For whoever is refused; the lock is what counts. */
const pidPath = (folder: string) => `${folder}/lock.pid`;
