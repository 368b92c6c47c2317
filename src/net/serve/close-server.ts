/** Ends a server from the outside in: idle connections at once, answers under way when they are done, the rest as its time runs out. */

import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { QuickConnections } from "./quick-connection.ts";

const CLOSE_IDLE_EVERY_MS = 20;
/** Of the time that a stop may take, what is kept for all that is undone after its listeners. */
const KEPT_FOR_OTHERS_MS = 3_000;

interface Closing {
  sockets: ReadonlySet<Socket>;
  quick: QuickConnections | undefined;
  leftMs: () => number;
}

/** Resolves when nothing is connected any more. `server.close()` alone waits for kept-alive connections, and `closeAllConnections` does not touch upgraded sockets. */
export async function closeServer(server: Server, { sockets, quick, leftMs }: Closing): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  // Those that waited for this server are not among the ones that it counts.
  const all = [promise, ...[...sockets].map(closed)];
  const closeIdle = () => {
    server.closeIdleConnections();
    quick?.closeIdle();
    if (leftMs() < KEPT_FOR_OTHERS_MS) cutOff();
  };
  const cutOff = () => {
    for (const socket of sockets) socket.destroy();
  };
  const idle = setInterval(closeIdle, CLOSE_IDLE_EVERY_MS);
  closeIdle();
  await Promise.all(all);
  clearInterval(idle);
  cutOff();
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
