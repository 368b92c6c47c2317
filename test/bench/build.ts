/** Brings the bundles in `dist` up to date before they are measured; nothing is built when nothing changed. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildBundles } from "../cluster/build.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const BUILT = ["dist/app/index.html", "dist/server/main.js"];
const SOURCES = ["src", "roles", "index.html", "vite.config.ts", "vite.server.config.ts", "package-lock.json"];

/** Builds app and server when a source is newer than either. @throws when they cannot be built. */
export async function ensureBuilt(): Promise<void> {
  const [built, sources] = await Promise.all([Promise.all(BUILT.map(newest)), Promise.all(SOURCES.map(newest))]);
  if (Math.min(...built) > Math.max(...sources)) return;
  process.stdout.write("building the app and the server …\n");
  await buildBundles();
}

/** Time in ms of the newest file below a path; 0 where there is none. Tests are not bundled. */
async function newest(path: string): Promise<number> {
  const found = await stat(join(root, path)).catch(() => undefined); // what is not there is not newer
  if (found === undefined || path.endsWith(".test.ts")) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const names = await readdir(join(root, path));
  return Math.max(0, ...(await Promise.all(names.map((name) => newest(join(path, name))))));
}
