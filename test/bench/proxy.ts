/** hub-proxy, authorised, against nginx, configurable-http-proxy and no proxy at all: small GETs, one large stream, WebSocket echo. */

import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import WebSocket, { WebSocketServer } from "ws";
import type { Life } from "../../src/core/life.ts";
import { freePort } from "../../src/net/serve/serve.ts";
import { downloadSpeed, requestsPerSecond, startProgram, untilListening } from "./processes.ts";
import { type Benchmark, type Figure, median, ms, perSecond, quantile } from "./report.ts";
import { createPerson, createRunningProject, openWorld } from "./world.ts";

const ROUNDS = 3;
const SECONDS = 4;
/** What is compiled while it runs is not fast at once: nobody measures a hub that started this instant. */
const WARM_UP_SECONDS = 8;
const CONNECTIONS = 32;
const GIGABYTE = 1_000_000_000;
const ECHOES = 2_000;
const LOAD_CORE = 0;
const PROXY_CORE = 1;
const root = fileURLToPath(new URL("../..", import.meta.url));

interface Target {
  origin: string;
  /** Where what the backend has at / stands on this target. */
  prefix: string;
  headers: string[];
}

export function benchmark(life: Life): Benchmark {
  return {
    name: "proxy",
    async run() {
      const backend = await startBackend(life);
      const targets = {
        hub: await startHubProxy(life, backend.port),
        nginx: await startNginxProxy(life, backend.port),
        chp: await startHttpProxy(life, backend.port),
        bare: await startBareNode(life),
        direct: { origin: `http://127.0.0.1:${backend.port}`, prefix: "", headers: [] },
      };
      return [...(await smallGets(targets)), ...(await largeStream(targets)), ...(await echoes(life))];
    },
  };
}

type Targets = Record<"hub" | "nginx" | "chp" | "bare" | "direct", Target>;

async function smallGets(targets: Targets): Promise<Figure[]> {
  const rates: Record<string, number[]> = { hub: [], nginx: [], chp: [], bare: [] };
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const name of ["hub", "nginx", "chp", "bare"] as const) {
      const { origin, prefix, headers } = targets[name];
      const seconds = round === 0 ? WARM_UP_SECONDS : SECONDS;
      const options = { seconds, connections: CONNECTIONS, headers, core: LOAD_CORE };
      const rate = await requestsPerSecond(`${origin}${prefix}/small`, options);
      if (round > 0) rates[name]?.push(rate);
    }
  }
  const hub = median(rates.hub ?? []);
  const how = `wrk -c${CONNECTIONS}, 1 KiB, ${ROUNDS} rounds of ${SECONDS} s by turns after ${WARM_UP_SECONDS} s each to warm up, median; load and backend on one core, proxy on the other`;
  const against = (name: string, other: number[] = [], aim?: number): Figure => {
    const ratio = hub / median(other);
    return {
      what: `small GETs through hub-proxy, against ${name}`,
      measured: perSecond(hub),
      against: perSecond(median(other)),
      ratio,
      how,
      ...(aim === undefined ? {} : { aim: `≥ ${aim}`, met: ratio >= aim }),
    };
  };
  return [
    against("nginx", rates.nginx, 0.6),
    against("configurable-http-proxy", rates.chp, 4),
    against("a bare Node server that answers itself", rates.bare),
  ];
}

async function largeStream(targets: Targets): Promise<Figure[]> {
  const speeds: Record<string, number[]> = { hub: [], nginx: [], direct: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of ["hub", "nginx", "direct"] as const) {
      const { origin, prefix, headers } = targets[name];
      speeds[name]?.push(await downloadSpeed(`${origin}${prefix}/large`, headers));
    }
  }
  const [hub, nginx, direct] = [speeds.hub, speeds.nginx, speeds.direct].map((each) => median(each ?? []) / 1e6);
  const ratio = (hub ?? 0) / (nginx ?? 1);
  return [
    {
      what: "1 GB stream through hub-proxy, against nginx",
      measured: `${hub?.toFixed(0)} MB/s`,
      against: `nginx ${nginx?.toFixed(0)} MB/s, direct ${direct?.toFixed(0)} MB/s`,
      ratio,
      aim: "≥ 0.8",
      met: ratio >= 0.8,
      how: `curl, ${ROUNDS} rounds by turns, median`,
    },
  ];
}

async function echoes(life: Life): Promise<Figure[]> {
  const port = await freePort();
  const server = new WebSocketServer({ host: "127.0.0.1", port });
  life.defer("echo server", () => void server.close());
  server.on("connection", (socket) =>
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  const { origin, prefix, headers } = await startHubProxy(life, port);
  const through = await roundTrips(`${origin.replace("http", "ws")}${prefix}/echo`, headers);
  const direct = await roundTrips(`ws://127.0.0.1:${port}/echo`, []);
  const more = median(through) - median(direct);
  return [
    {
      what: "WebSocket echo through hub-proxy, more than direct (median)",
      measured: `${ms(median(through))} (p95 ${ms(quantile(through, 0.95))})`,
      against: `direct ${ms(median(direct))} (p95 ${ms(quantile(direct, 0.95))})`,
      ratio: median(through) / median(direct),
      aim: "≤ 0.3 ms more",
      met: more <= 0.3,
      how: `${ECHOES} messages of 64 bytes, one at a time`,
    },
  ];
}

/** Milliseconds of each round trip, after some to warm up. */
async function roundTrips(url: string, headers: string[]): Promise<number[]> {
  const pairs = headers.map((header) => header.split(/: (.*)/s).slice(0, 2));
  const socket = new WebSocket(url, { headers: Object.fromEntries(pairs) });
  const opened = Promise.withResolvers<void>();
  socket.once("open", opened.resolve).once("error", opened.reject);
  await opened.promise;
  const times: number[] = [];
  for (let count = 0; count < ECHOES + 200; count += 1) {
    const began = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once("message", () => resolve());
    socket.send("x".repeat(64));
    await promise;
    times.push(performance.now() - began);
  }
  socket.terminate();
  return times.slice(200);
}

/** nginx with a small and a large file. */
async function startBackend(life: Life): Promise<{ port: number }> {
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
  const upstream = `upstream backend { server 127.0.0.1:${backend}; keepalive 64; }`;
  const locations =
    'location / { proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_max_temp_file_size 0; }';
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
async function startBareNode(life: Life): Promise<Target> {
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
  const port = await freePort();
  startProgram(life, {
    command: process.execPath,
    args: [join(root, "dist/server/main.js"), "--role=hub-proxy"],
    env: {
      ...env,
      NODE_ENV: "production",
      HOST: "127.0.0.1",
      PORT: String(port),
      ADMIN_HOST: "127.0.0.1",
      ADMIN_PORT: "0",
      COCALC_LOG_LEVEL: "error",
      COCALC_PORTS_ON_APP_ORIGIN: "yes",
    },
    core: PROXY_CORE,
  });
  await untilListening(port);
  return {
    origin: `http://127.0.0.1:${port}`,
    prefix: `/${projectId}/port/${backend}`,
    headers: [`Cookie: ${cookie}`],
  };
}
