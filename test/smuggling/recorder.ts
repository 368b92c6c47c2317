/** The last server of a way: notes every request that it reads, byte by byte, and names in its answer whose it answers. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Life } from "../../src/core/life.ts";

export interface Recorder {
  port: number;
  /** All requests since the start. */
  count(): number;
  /** What was read under this id since it was last asked for. */
  take(id: string): string[];
  /** What nobody has asked for. */
  left(): string[];
}

export async function openRecorder(life: Life): Promise<Recorder> {
  const records = new Map<string, string[]>();
  let count = 0;
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
    const parts: Buffer[] = [];
    request.on("error", () => {});
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const id = /[?&]case=([\w-]+)/.exec(request.url ?? "")?.[1] ?? "nobody";
      count += 1;
      records.set(id, [...(records.get(id) ?? []), `${request.method} ${Buffer.concat(parts).toString("latin1")}`]);
      response.writeHead(200, { ETag: `"${id}"`, "Content-Length": id.length });
      response.end(request.method === "HEAD" ? undefined : id);
    });
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  life.defer("recorder", () => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
    count: () => count,
    take: (id) => {
      const found = records.get(id) ?? [];
      records.delete(id);
      return found;
    },
    left: () => [...records].flatMap(([id, found]) => found.map((record) => `${id}: ${record}`)),
  };
}
