/** Finds a port for a program that cannot choose one by itself and tell which. */

import type { AddressInfo } from "node:net";
import { createServer } from "node:net";

/** A port of this host that was free a moment ago; somebody else may have it by now. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(0, host, resolve);
  await promise;
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  await closed.promise;
  return port;
}
