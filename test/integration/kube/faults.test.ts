/** The kept client of the API server lives through whatever befalls its connections. */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Life } from "../../../src/core/life.ts";
import { configMaps } from "../../../src/kube/resources.ts";
import type { ConfigMap, Kube } from "../../../src/kube/types.ts";
import { type ContractTarget, uniqueName } from "../../contract/target.ts";
import { openKubeTcpProxy, openTestApi, openTestKube } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { faultKinds, seeded } from "../../helpers/tcp-proxy.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();
const serverLife = new Life("API server");
let api: ContractTarget;
/** A client that no fault touches. */
let direct: Kube;

beforeAll(async () => {
  api = await openTestApi(serverLife);
  direct = await openTestKube(serverLife, api);
}, 300_000);
afterAll(async () => {
  expect(await serverLife.stop()).toEqual([]);
});

const map = (name: string, set: string): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels: { set } },
});

/** The connections that HTTP clients of this process make from now on. */
function keptSockets(life: Life): Socket[] {
  const sockets: Socket[] = [];
  const connected = (message: unknown) => void sockets.push((message as { socket: Socket }).socket); // as undici documents it
  subscribe("undici:client:connected", connected);
  life.defer("subscription", () => void unsubscribe("undici:client:connected", connected));
  return sockets;
}

function sessionOf(socket: Socket): ClientHttp2Session {
  const held = Object.getOwnPropertySymbols(socket).find(({ description }) => description === "http2Session");
  return (socket as unknown as Record<symbol, ClientHttp2Session>)[held ?? Symbol()] as ClientHttp2Session; // undici's own mark
}

const rounds = faultKinds.map((kind, seed) => [kind, seed] as const);

test.each(rounds)(
  "a client goes on after %s (seed %d)",
  async (kind, seed) => {
    const life = newLife();
    const random = seeded(seed);
    const { proxy, kubeconfig } = await openKubeTcpProxy(life, api.kubeconfig);
    const kube = await openTestKube(life, { ...api, kubeconfig, config: { callDeadlineSeconds: 4 } });
    const set = uniqueName("faults");
    const reflector = kube.openReflector(life, { resource: configMaps, labelSelector: `set=${set}` });
    await reflector.synced;
    const askers = new Life("askers");
    const ask = async (signal: AbortSignal) => {
      while (!signal.aborted) await kube.serverVersion().catch(() => {}); // what counts is how it is afterwards
    };
    for (const asker of ["one", "another"]) askers.run(asker, ask);
    await proxy.fault(kind, random);
    const endsAt = Date.now() + 1_000 + random() * 1_000;
    await until(() => Date.now() > endsAt);
    await proxy.heal();
    await askers.stop();
    await until(() => kube.serverVersion().catch(() => false), { what: "the client reaches the server again" });
    const name = `${set}-after`;
    await direct.create(configMaps, map(name, set));
    await until(() => reflector.get(name), { what: "the watch goes on" });
  },
  300_000,
);

test("a client whose session is destroyed makes another, though the socket of the old one never closes", async () => {
  const sockets = keptSockets(newLife());
  const kube = await openTestKube(newLife(), { ...api, config: { callDeadlineSeconds: 4 } });
  await kube.serverVersion();
  const [socket] = sockets;
  if (socket === undefined) throw new Error("the client has made no connection");
  const destroy = socket.destroy.bind(socket);
  socket.destroy = () => socket;
  sessionOf(socket).destroy(new Error("garbled"));
  await expect(kube.serverVersion()).resolves.toMatch(/^v1/);
  expect(sockets.length).toBe(2);
  socket.destroy = destroy;
  socket.destroy();
});
