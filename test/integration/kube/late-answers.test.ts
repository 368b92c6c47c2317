import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { generate } from "selfsigned";
import type { Life } from "../../../src/core/life.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import { readApiServer } from "../../../src/kube/kubeconfig.ts";
import { dropLateStreams } from "../../../src/kube/late-streams.ts";
import { Transport } from "../../../src/kube/transport.ts";
import { kubeConfigFor } from "../../contract/target.ts";
import { writeKubeconfig } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";

const newLife = testLives();
const ANSWER_BYTES = 20_000;
/** More than the window of one connection holds. */
const CALLS = 10;

/** The kubeconfig of a server that answers everything with as many bytes. */
async function openServer(life: Life): Promise<string> {
  const { private: key, cert } = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  const server = createSecureServer({ key, cert }, (_request, response) => {
    response.end("x".repeat(ANSWER_BYTES));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  life.defer("server", () => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.address() as AddressInfo; // of TCP
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    "certificate-authority-data": Buffer.from(cert).toString("base64"),
  };
  return writeKubeconfig(life, { cluster, user: { token: "t" } });
}

/** Gives the next call up when Node has made its stream and not yet sent it: then the server is not told, and answers. */
function giveUpUnsent(giveUp: AbortController): void {
  const channel = "http2.client.stream.created";
  const onCreated = () => {
    unsubscribe(channel, onCreated);
    queueMicrotask(() => giveUp.abort());
  };
  subscribe(channel, onCreated);
}

test("answers that came after their calls were given up ended the process as the connections closed", async () => {
  const life = newLife();
  const config = kubeConfigFor(await openServer(life));
  const part = life.child("client");
  dropLateStreams(part);
  const transport = new Transport(part, {
    apiServer: await readApiServer(config),
    config,
    metrics: openMetrics({ defaults: false }),
    log: testLog(),
  });
  const call = (signal?: AbortSignal) =>
    transport.call({ method: "GET", path: "/", what: "read all", ...(signal && { signal }) });

  await call(); // connects
  for (let count = 0; count < CALLS; count += 1) {
    const giveUp = new AbortController();
    giveUpUnsent(giveUp);
    await expect(call(giveUp.signal)).rejects.toMatchObject({ code: "unavailable" });
    expect((await call()).text).toHaveLength(ANSWER_BYTES); // after the late one, on the same connection
  }
  expect(await part.stop()).toEqual([]);
});
