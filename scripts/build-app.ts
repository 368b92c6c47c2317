/** Builds the front end if its sources are newer than the last build; `npm start` and `npm test` run this first. */

import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { newestFileMs } from "./source-files.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const BUILT = "dist/app/index.html";
const SOURCES = ["src/app", "src/protocol", "src/text", "index.html", "vite.config.ts", "package-lock.json"];

const [built, ...sources] = await Promise.all([BUILT, ...SOURCES].map((path) => newestFileMs(join(root, path))));
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
