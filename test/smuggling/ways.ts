/** The ways on which a search sends its cases: our ingress and hub-proxy, nginx before hub-proxy, and a proxy that has the fault which was once ours. */

import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { AppError } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import type { Db } from "../../src/db/db.ts";
import { forward } from "../../src/net/proxy/forward.ts";
import type { UpstreamConnection } from "../../src/net/proxy/upstream-connection.ts";
import { type Upstream, Upstreams } from "../../src/net/proxy/upstreams.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { sendError } from "../../src/net/serve/plain-page.ts";
import { namedByConnection } from "../../src/net/serve/refusals.ts";
import { startProgram, untilListening } from "../bench/processes.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { newPerson, newProject } from "../helpers/people.ts";
import { startRole } from "../helpers/roles.ts";
import type { Road } from "./cases.ts";
import type { Recorder } from "./recorder.ts";

const portOf = (origin: string) => Number(new URL(origin).port);

/** ingress before hub-proxy before a recorder that stands for what runs on a port of a project. */
export async function openHops(
  life: Life,
  db: Db,
  recorder: Recorder,
): Promise<{ ingress: number; hubProxy: number; road: Road }> {
  const owner = await newPerson(db);
  const projectId = await newProject(db, [[owner, "owner"]], { ip: "127.0.0.1" });
  const env = { COCALC_PORTS_ON_APP_ORIGIN: "yes" };
  const proxy = await startRole(life, "hub-proxy", { db, env });
  const ingress = await startRole(life, "ingress", { origins: { "hub-proxy": proxy } });
  const road = {
    host: "localhost",
    path: `/${projectId}/port/${recorder.port}/x`,
    headers: `Cookie: ${owner.cookie}\r\n`,
  };
  return { ingress: portOf(ingress), hubProxy: portOf(proxy), road };
}

/** Debian's nginx before a server: one connection for many visitors, which passes on what they say of theirs. Returns its port. */
export async function openNginx(life: Life, server: number): Promise<number> {
  const port = await freePort();
  const folder = await temporaryFolder(life, "nginx");
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const file = join(folder, "nginx.conf");
  await writeFile(
    file,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr emerg; user root;
     events { worker_connections 4096; }
     http { access_log off; keepalive_requests 1000000; ${temp.join(" ")}
       upstream behind { server 127.0.0.1:${server}; keepalive 4; }
       server { listen 127.0.0.1:${port}; location / {
         proxy_pass http://behind; proxy_http_version 1.1; proxy_next_upstream off;
         proxy_set_header Host $http_host; proxy_set_header Connection $http_connection; } } }`,
  );
  startProgram(life, { command: "/usr/sbin/nginx", args: ["-p", folder, "-c", file, "-e", "stderr"] });
  await untilListening(port);
  return port;
}

/** Our own forwarding with the fault put back: what Connection names is left out of the head, framing too, while the body still goes. */
export async function openFaultyProxy(life: Life, recorder: Recorder): Promise<number> {
  const upstreams = new Upstreams(life);
  const server = createServer((request, response) => {
    request.on("error", () => {});
    const named = namedByConnection(request.headers.connection);
    const upstream = upstreams.enter("recorder", `http://127.0.0.1:${recorder.port}`);
    forward(request, response, {
      upstream: leavingOut(named, upstream),
      path: request.url ?? "/",
      client: { address: "203.0.113.1", proto: "http", host: "localhost" },
      onError: (error: AppError) => sendError(request, response, { error }),
    });
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  life.defer("faulty proxy", () => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port; // a TCP server that listens has one
}

/** An upstream that is told heads without the lines of these names. */
function leavingOut(named: readonly string[], upstream: Upstream): Upstream {
  const edited = (head: string) =>
    head.replace(/^([\w-]+): .*\r\n/gm, (line, name: string) => (named.includes(name.toLowerCase()) ? "" : line));
  const asking = (connection: UpstreamConnection): UpstreamConnection =>
    new Proxy(connection, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== "function") return value;
        if (key !== "ask") return value.bind(target);
        return (...[question, head, asker]: Parameters<UpstreamConnection["ask"]>) =>
          target.ask(question, edited(head), asker);
      },
    });
  return new Proxy(upstream, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      if (key !== "connection") return value.bind(target);
      return (options?: { isNew?: boolean }) => asking(target.connection(options));
    },
  });
}
