/** A port that was free a moment ago, for programs that cannot choose one by themselves. */

import { type AddressInfo, createServer } from "node:net";

/** Asks the system for a free port of the loopback and gives it back at once. */
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
