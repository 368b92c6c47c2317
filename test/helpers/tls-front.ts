/** TLS before a PostgreSQL server that has none: it answers the client's wish for TLS, and passes on what it decrypts. */

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import type { Life } from "../../src/core/life.ts";

/** Where clients find it, with a certificate that nobody knows; gone with the life. */
export async function openTlsFront(life: Life, upstream: { host: string; port: number }) {
  const { cert, private: key } = await generate([{ name: "commonName", value: "postgres" }]);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    open.add(near);
    near.on("close", () => open.delete(near));
    near.on("error", () => {}); // what befalls it is what is tried
    // The first eight bytes ask for TLS, and the client waits for the answer.
    near.once("data", () => {
      near.write("S");
      const secure = new TLSSocket(near, { isServer: true, key, cert });
      const far = connect(upstream);
      const end = () => {
        secure.destroy();
        far.destroy();
      };
      for (const socket of [secure, far]) socket.on("error", end).on("close", end);
      secure.pipe(far).pipe(secure);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  life.defer("TLS front", async () => {
    for (const socket of open) socket.destroy();
    await new Promise<void>((done) => server.close(() => done()));
  });
  const address = server.address();
  return { host: "127.0.0.1", port: typeof address === "object" && address !== null ? address.port : 0 };
}
