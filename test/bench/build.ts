/** Brings the bundles in `dist` up to date before they are measured; nothing is built when nothing changed. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newestFileMs } from "../../scripts/source-files.ts";
import { buildBundles } from "../cluster/build.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const BUILT = ["dist/app/index.html", "dist/server/project.cjs"];
const SOURCES = [
  "src",
  "roles",
  "index.html",
  "vite.config.ts",
  "vite.server.config.ts",
  "vite.project.config.ts",
  "package-lock.json",
];

/** Builds app and server when a source is newer than either. @throws when they cannot be built. */
export async function ensureBuilt(): Promise<void> {
  const times = (paths: string[]) => Promise.all(paths.map((path) => newestFileMs(join(root, path))));
  const [built, sources] = await Promise.all([times(BUILT), times(SOURCES)]);
  if (Math.min(...built) > Math.max(...sources)) return;
  process.stdout.write("building the app and the server …\n");
  await buildBundles();
}
