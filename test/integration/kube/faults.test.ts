/** The kept client of the API server lives through whatever befalls its connections. */

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { expect, test } from "@jest/globals";
import type { Life } from "../../../src/core/life.ts";
import { faultsOf } from "../../faults/fault.ts";
import { outliveKubeFault } from "../../faults/kube.ts";
import { openTestKube } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { api, direct } from "./api-fixture.ts";

const newLife = testLives();

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

test.each(faultsOf([1_000, 2_000]))("a client goes on after $kind (seed $seed)", async (fault) => {
  await outliveKubeFault(newLife(), { api, direct }, fault);
});

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
