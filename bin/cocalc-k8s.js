#!/usr/bin/env node
// Starts the product on the Node it ships with: the built server where there is one, else the source as it is.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NEEDED_MAJOR = 24;
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const source = at("../src/main.ts");
const main = existsSync(source) ? source : at("../dist/server/main.js");

if (Number(process.versions.node.split(".")[0]) >= NEEDED_MAJOR) {
  process.argv[1] = main;
  await import(main);
} else {
  const node = at("../node_modules/node/bin/node");
  if (!existsSync(node)) {
    console.error(
      `cocalc-k8s needs Node ${NEEDED_MAJOR} or later, and this is ${process.version}: run npm ci, which brings it.`,
    );
    process.exit(2);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
