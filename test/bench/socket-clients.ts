/** A process of its own that holds many idle sockets to hub-websocket and tells when each heard of a change. Talks to its parent by messages. */

import { io, type Socket } from "socket.io-client";

/** What the parent asks for. */
export interface ClientsOrder {
  url: string;
  cookies: string[];
  socketsPerCookie: number;
  projectId: string;
}

/** What it is told: all are connected, or the moments (ms since the epoch) at which the sockets heard. */
export type ClientsReport = { connected: number } | { heardAt: number[] };

const AT_ONCE = 100;

process.once("message", (order: ClientsOrder) => {
  void run(order);
});

async function run({ url, cookies, socketsPerCookie, projectId }: ClientsOrder): Promise<void> {
  const wanted = cookies.flatMap((cookie) => Array.from({ length: socketsPerCookie }, () => cookie));
  const heardAt: number[] = [];
  const onProject = (project: { project_id: string; title: string }) => {
    if (project.project_id !== projectId || project.title !== "changed") return;
    heardAt.push(performance.timeOrigin + performance.now());
    if (heardAt.length === wanted.length) process.send?.({ heardAt } satisfies ClientsReport);
  };
  for (let first = 0; first < wanted.length; first += AT_ONCE) {
    await Promise.all(wanted.slice(first, first + AT_ONCE).map((cookie) => connect(url, { cookie, onProject })));
  }
  process.send?.({ connected: wanted.length } satisfies ClientsReport);
}

interface Wish {
  cookie: string;
  onProject: (project: { project_id: string; title: string }) => void;
}

function connect(url: string, { cookie, onProject }: Wish): Promise<Socket> {
  const { origin } = new URL(url);
  const socket = io(origin, {
    path: "/hub",
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    extraHeaders: { cookie, origin },
  });
  socket.on("project", onProject);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  socket.once("account", () => resolve(socket)); // the first thing a hub says to whom it has let in
  socket.once("connect_error", reject);
  return promise;
}
