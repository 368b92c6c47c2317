/** One instance per data folder: a file with the process that has it, good also after that process was killed. */

import { open, rm } from "node:fs/promises";
import { z } from "zod";
import { AppError, codeOf } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import { readIfThere } from "./files.ts";
import { identify, isAlive } from "./processes.ts";

const holder = z.object({ pid: z.number(), startedAt: z.string() });

/** Takes the folder until the life stops. @throws AppError `unavailable` when another process that lives has it. */
export async function lockFolder(life: Life, folder: string): Promise<void> {
  const path = lockPath(folder);
  const self = await identify(process.pid);
  for (;;) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(JSON.stringify(self));
      await file.close();
      break;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
      await giveWay(path, folder);
    }
  }
  life.defer("lock of the data folder", () => rm(path, { force: true }));
}

/** Removes the lock of a process that is gone. */
async function giveWay(path: string, folder: string): Promise<void> {
  const pid = await holderOf(folder);
  if (pid !== undefined) {
    throw new AppError(
      "unavailable",
      `Another instance (process ${pid}) uses the data folder ${folder}: stop it, or set COCALC_DATA to another folder.`,
    );
  }
  await rm(path, { force: true });
}

/** Whether an instance that lives has the folder. */
export async function isLocked(folder: string): Promise<boolean> {
  return (await holderOf(folder)) !== undefined;
}

async function holderOf(folder: string): Promise<number | undefined> {
  const parsed = holder.safeParse(jsonOrNothing((await readIfThere(lockPath(folder))) ?? ""));
  return parsed.success && (await isAlive(parsed.data)) ? parsed.data.pid : undefined;
}

const lockPath = (folder: string) => `${folder}/lock`;

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // killed while it was written
  }
}
