/** Where what is expensive to build is kept between runs, built once and whole; it knows nothing of what is built. */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { exists } from "../../scripts/source-files.ts";
import { environment } from "../../src/core/env.ts";

/** The folder, in the user's cache, that holds binaries and root file systems. */
export function cacheFolder(): string {
  const base = environment().XDG_CACHE_HOME ?? join(homedir(), ".cache");
  return join(base, "cocalc-k8s");
}

/**
 * Returns the folder `name` of the cache, made by `build` if it is not there.
 * `build` fills a folder of its own that takes the name only when it is whole, and never runs twice at once.
 */
export async function cached(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const target = join(cacheFolder(), name);
  if (await exists(target)) {
    return target;
  }
  return withFileLock(`${target}.lock`, async () => {
    if (!(await exists(target))) {
      const partial = `${target}.partial`;
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true });
      await build(partial);
      await rename(partial, target);
    }
    return target;
  });
}

/** Runs `action` while holding the lock file `path`; a lock whose holder is gone is taken over. */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await tryLock(path))) {
    await delay(500);
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
      throw error;
    }
    await dropStaleLock(path);
    return false;
  }
}

async function dropStaleLock(path: string): Promise<void> {
  const holder = await readFile(path, "utf8").catch(() => "");
  if (holder !== "" && !(await exists(`/proc/${holder}`))) {
    await rm(path, { force: true });
  }
}
