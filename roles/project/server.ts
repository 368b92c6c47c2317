/** Puts the parts of a project's server together: what it holds, the table of its handlers, and how it listens. */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AppError, messageOf, notFound } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import { splitTarget } from "../../src/core/request-target.ts";
import { localPath } from "../../src/files/local-path.ts";
import { finishOverwriting } from "../../src/files/overwriting.ts";
import { type Places, parsePath } from "../../src/files/places.ts";
import { Upstreams } from "../../src/net/proxy/upstreams.ts";
import { endUpgrade } from "../../src/net/serve/last-words.ts";
import { type Listen, type Serving, serveHttp } from "../../src/net/serve/serve.ts";
import { belowBase } from "../../src/net/visitor/routes.ts";
import type { Move } from "../../src/protocol/moved-path.ts";
import { execRequest } from "../../src/protocol/project-exec.ts";
import type { OutOfMemory } from "../../src/protocol/project-status.ts";
import { Activity } from "./activity.ts";
import { checkMay } from "./caller-needs.ts";
import { Callers } from "./callers.ts";
import type { ProjectConfig } from "./config.ts";
import { type DocumentContent, textContent } from "./documents/document-content.ts";
import { Documents } from "./documents/documents.ts";
import { Exec } from "./exec.ts";
import { openFileApi } from "./files/file-api.ts";
import { openFooting } from "./footing.ts";
import { type Handler, type HandlerTable, httpHandler, readJson } from "./http-server.ts";
import { runInitScript } from "./init-script.ts";
import { memoryHandlers } from "./memory/memory-handlers.ts";
import { MemoryWatch } from "./memory/memory-watch.ts";
import { runningNow } from "./running.ts";
import { documentRequests } from "./socket/document-requests.ts";
import { folderRequests } from "./socket/folder-requests.ts";
import { openSocketServer, type SocketServer } from "./socket/socket-server.ts";
import { terminalRequests } from "./socket/terminal-requests.ts";
import { Status } from "./status.ts";
import { Terminals } from "./terminals/terminals.ts";
import { NamedServers } from "./web-servers/named-servers.ts";
import { ServerProxy } from "./web-servers/server-proxy.ts";

const SOCKET_PATH = "/api/socket";

interface Options {
  config: ProjectConfig;
  listen: Listen;
  log: Logger;
  /** What documents hold: text, unless a test has another limit. */
  content?: DocumentContent<unknown>;
}

/** Serves one project until the life stops: sockets end first, then terminals, then what is open is saved. */
export async function serveProject(
  life: Life,
  { config, listen, log, content = textContent }: Options,
): Promise<Serving> {
  const { home, ext, data, tmp, projectId, basePath, rescue } = config;
  const places: Places = { home, ext, data, tmp };
  const { own, shell, env } = await openFooting(life, config);
  const activity = new Activity();
  const callers = new Callers(projectId, config.hubKeys);
  const ownContainer = config.inCluster !== undefined;
  const cgroups = config.cgroups ?? (ownContainer ? "/sys/fs/cgroup" : undefined);
  const onOutOfMemory = (what: OutOfMemory) => void sockets.tell("out_of_memory", what);
  const memory = new MemoryWatch({ cgroups, ownContainer, home, onOutOfMemory });
  const status = new Status({ home, ownContainer, activity, rescue, cgroups, memory });
  const moved = (move: Move) => void sockets.tell("files_moved", move);
  const documents = new Documents(life, { places, own, log, content, moved });
  const terminals = new Terminals(life, { shell, home, own, env });
  const exec = new Exec({ life, env });
  const inside = `${basePath}/${projectId}`;
  const { podIp } = config;
  const table = rescue ? {} : config.namedServers;
  const servers = new NamedServers(life, { table, podIp, base: inside, home, env });
  const serverProxy = new ServerProxy({ servers, upstreams: new Upstreams(life), base: inside, rescue, log });
  const sockets = openSocketServer(life, {
    log,
    hello: { project_id: projectId, home },
    handlers: {
      ...terminalRequests({ terminals, activity, places }),
      ...documentRequests({ documents, activity }),
      ...folderRequests(places),
      status: () => status.now(),
      servers: async () => ({ servers: await servers.list() }),
    },
  });
  const files = openFileApi({ places, log, activity, documents, people: (ids) => sockets.people(ids) });
  const toServer: Handler = async ({ request, response }) => {
    activity.touch();
    await serverProxy.handle(request, response);
    return undefined;
  };
  const handlers: HandlerTable = {
    ...files.handlers,
    ...socketHandlers(sockets),
    "GET /api/running": {
      need: "run",
      handle: () => runningNow(sockets.people(), { ownContainer, cgroups }),
    },
    ...memoryHandlers({ memory, status }),
    "* /port/": { need: "run", handle: toServer },
    "* /server/": { need: "run", handle: toServer },
    "POST /api/exec": { need: "run", handle: execHandler({ exec, places, activity }) },
  };
  memory.open(life);
  await finishWriting(life, { places, rescue });
  const serving = await serveHttp(life, {
    name: "project",
    listen,
    log,
    requestTimeoutMs: 0, // uploads have any size
    maxConnections: 2_000,
    handle: httpHandler({ projectId, basePath, callers, handlers, log }),
    letGo: () => sockets.close(),
    upgrade: (request, socket, head) =>
      void joinUpgrade({ callers, sockets, serverProxy, inside }, { request, socket, head }),
  });
  if (!rescue) await runInitScript(life, { home, env: env(), log });
  files.tidy(life);
  life.run("document recovery", () => documents.recover());
  return serving;
}

/** Before anybody reads a file that is half written; but nothing of a home may keep a rescue waiting. */
async function finishWriting(life: Life, { places, rescue }: { places: Places; rescue: boolean }): Promise<void> {
  if (rescue) life.run("half written files", () => finishOverwriting(places));
  else await finishOverwriting(places);
}

/** Runs a program, until its caller is gone. */
function execHandler({ exec, places, activity }: { exec: Exec; places: Places; activity: Activity }): Handler {
  return async ({ request, response }) => {
    activity.touch();
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const asked = await readJson(request, execRequest);
    return exec.run(asked, localPath(places, parsePath(places, asked.path)), gone.signal);
  };
}

/** socket.io without WebSocket, for networks that let none through. */
function socketHandlers(sockets: SocketServer): HandlerTable {
  const handle: Handler = async ({ caller, request, response }) => {
    sockets.request(caller, request, response);
    return undefined;
  };
  const relay = { need: "read", handle } as const; // what is asked on it is looked at by itself
  return { [`GET ${SOCKET_PATH}/`]: relay, [`POST ${SOCKET_PATH}/`]: relay };
}

interface UpgradeParts {
  callers: Callers;
  sockets: SocketServer;
  serverProxy: ServerProxy;
  inside: string;
}

/** Joins an upgrade to our own socket, or to a server that somebody runs here; whatever comes is answered. */
async function joinUpgrade(
  { callers, sockets, serverProxy, inside }: UpgradeParts,
  { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
): Promise<void> {
  const isOurs = belowBase(`${inside}${SOCKET_PATH}`, splitTarget(request.url).path) !== undefined;
  try {
    if (!isOurs && !serverProxy.isAsked(request)) throw notFound("There is no WebSocket here.");
    const caller = await callers.of(request);
    checkMay(caller, isOurs ? "read" : "run");
    if (isOurs) sockets.upgrade(caller, request, socket, head);
    else await serverProxy.upgrade(request, socket, head);
  } catch (error) {
    endUpgrade(socket, error instanceof AppError ? error.status : 500, messageOf(error));
  }
}
