/** Builds the front end if its sources are newer than the last build; `npm start` and `npm test` run this first. */

import { spawn } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const BUILT = "dist/app/index.html";
const SOURCES = ["src/app", "src/protocol", "index.html", "vite.config.ts", "package-lock.json"];

/** Time in ms of the newest file below a path; 0 where there is none. */
async function newest(path: string): Promise<number> {
  const found = await stat(join(root, path)).catch(() => undefined); // what is not there is not newer
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  const names = await readdir(join(root, path));
  return Math.max(0, ...(await Promise.all(names.map((name) => newest(join(path, name))))));
}

const [built, ...sources] = await Promise.all([BUILT, ...SOURCES].map(newest));
if ((built ?? 0) < Math.max(...sources)) {
  process.stdout.write("Building the app …\n");
  const child = spawn(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"], {
    cwd: root,
    stdio: "inherit",
  });
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}
