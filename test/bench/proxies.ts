/** The proxies that are measured and compared with, each on the same core before the same server on the other one. */

import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Life } from "../../src/core/life.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { startBuiltRole, startProgram, untilListening } from "./processes.ts";
import { createPerson, createRunningProject, openWorld } from "./world.ts";

export const LOAD_CORE = 0;
const PROXY_CORE = 1;
const GIGABYTE = 1_000_000_000;
const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Target {
  origin: string;
  /** Where what the backend has at / stands on this target. */
  prefix: string;
  headers: string[];
}

/** Ours: hub-proxy; ingress, and the same with the forwarding that it had before http-proxy-middleware. */
export type ProxyName = "hub-proxy" | "ingress" | "ingress before" | "nginx" | "configurable-http-proxy";

/** Starts every proxy before a server on a port of this machine. */
export async function startProxies(life: Life, backend: number): Promise<Record<ProxyName, Target>> {
  return {
    "hub-proxy": await startHubProxy(life, backend),
    ingress: await startFront(life, "ingress", backend),
    "ingress before": await startFront(life, "forwarding", backend),
    nginx: await startNginxProxy(life, backend),
    "configurable-http-proxy": await startHttpProxy(life, backend),
  };
}

/** nginx with a small and a large file. */
export async function startBackend(life: Life): Promise<{ port: number }> {
  const port = await freePort();
  const files = await mkdtemp(join(tmpdir(), "cocalc-bench-files-"));
  life.defer("files", () => rm(files, { recursive: true, force: true }));
  await writeFile(join(files, "small"), "x".repeat(1_024));
  await writeFile(join(files, "large"), "");
  await truncate(join(files, "large"), GIGABYTE);
  // hub-proxy keeps the path of a port as it is, so the backend has the files at every depth.
  const locations = `location ~ /(small|large)$ { rewrite .*/(small|large)$ /$1 break; root ${files}; }`;
  await startNginx(life, { port, locations, core: LOAD_CORE });
  return { port };
}

async function startNginxProxy(life: Life, backend: number): Promise<Target> {
  const port = await freePort();
  // A connection is kept where nothing is upgraded, as nginx's own manual has it.
  const upstream = `map $http_upgrade $connection_upgrade { default upgrade; "" ""; } upstream backend { server 127.0.0.1:${backend}; keepalive 64; }`;
  const locations =
    "location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; proxy_max_temp_file_size 0; }";
  await startNginx(life, { port, locations, core: PROXY_CORE, upstream });
  return { origin: `http://127.0.0.1:${port}`, prefix: "", headers: [] };
}

interface Nginx {
  port: number;
  locations: string;
  core: number;
  upstream?: string;
}

async function startNginx(life: Life, { port, locations, core, upstream = "" }: Nginx): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "cocalc-bench-nginx-"));
  life.defer("nginx folder", () => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, "logs"));
  const file = join(folder, "nginx.conf");
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  await writeFile(
    file,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr crit; user root;
     events { worker_connections 4096; }
     http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; ${temp.join(" ")} ${upstream}
       server { listen 127.0.0.1:${port}; ${locations} } }`,
  );
  startProgram(life, { command: "/usr/sbin/nginx", args: ["-p", folder, "-c", file, "-e", "stderr"], core });
  await untilListening(port);
}

async function startHttpProxy(life: Life, backend: number): Promise<Target> {
  const [port, api] = [await freePort(), await freePort()];
  const script = join(root, "node_modules/configurable-http-proxy/bin/configurable-http-proxy");
  const addresses = ["--ip", "127.0.0.1", "--port", String(port), "--api-ip", "127.0.0.1", "--api-port", String(api)];
  const args = [script, ...addresses, "--default-target", `http://127.0.0.1:${backend}`, "--log-level", "error"];
  startProgram(life, { command: process.execPath, args, core: PROXY_CORE });
  await untilListening(port);
  return { origin: `http://127.0.0.1:${port}`, prefix: "", headers: [] };
}

/** What Node can do at all: a server that answers by itself. */
export async function startBareNode(life: Life): Promise<Target> {
  const port = await freePort();
  const code = `const body = Buffer.alloc(1024, "x"); require("http").createServer((q, s) => { s.writeHead(200, {"content-length": 1024}); s.end(body); }).listen(${port}, "127.0.0.1")`;
  startProgram(life, { command: process.execPath, args: ["-e", code], core: PROXY_CORE });
  await untilListening(port);
  return { origin: `http://127.0.0.1:${port}`, prefix: "", headers: [] };
}

/** hub-proxy as it ships, with a project whose port is the backend. */
async function startHubProxy(life: Life, backend: number): Promise<Target> {
  const { db, env } = await openWorld(life);
  const { accountId, cookie } = await createPerson(db, "proxy");
  const projectId = await createRunningProject(db, { owner: accountId, ip: "127.0.0.1" });
  const { port } = await startBuiltRole(life, "hub-proxy", {
    env: { ...env, COCALC_PORTS_ON_APP_ORIGIN: "yes" },
    core: PROXY_CORE,
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    prefix: `/${projectId}/port/${backend}`,
    headers: [`Cookie: ${cookie}`],
  };
}

/** `ingress` as it ships, or with our own forwarding: both from the sources, since a role in a process of its own finds others by their names alone. */
async function startFront(life: Life, kind: "ingress" | "forwarding", backend: number): Promise<Target> {
  const port = await freePort();
  const args = [join(root, "test/bench/front-server.ts"), kind, String(port), `http://127.0.0.1:${backend}`];
  const env = { NODE_ENV: "production" };
  startProgram(life, { command: process.execPath, args, env, core: PROXY_CORE });
  await untilListening(port);
  return { origin: `http://127.0.0.1:${port}`, prefix: "/hub", headers: [] };
}
