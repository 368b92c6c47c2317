/**
 * Writes the code cache of a project's server beside its bundle: `node make-code-cache.js`, as the image is built. The server is really
 * started, and asked once, so that what V8 compiled for that is in the cache.
 */

import { rmSync, writeFileSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { environment } from "../core/env.ts";
import { EarlyListener } from "../net/serve/early-listener.ts";
import { codeCacheFile, loadProjectBundle } from "./project-bundle.ts";

/** Until what a start leaves for later is done as well. */
const SETTLE_MS = 1_500;
const HOST = "127.0.0.1";

const folder = import.meta.dirname;
const address = { host: HOST, port: Number(environment().PORT) };
rmSync(codeCacheFile(folder), { force: true });
const early = await EarlyListener.open(address);
const bundle = loadProjectBundle(folder);
if (bundle === undefined) throw new Error(`There is no bundle of a project's server in ${folder}; run npm run build.`);
void bundle.run({ early, codeCache: bundle.codeCache });
await fetch(`http://${HOST}:${address.port}/health`);
await after(SETTLE_MS);
writeFileSync(codeCacheFile(folder), bundle.script.createCachedData());
process.kill(process.pid, "SIGTERM"); // the server ends as in a pod
