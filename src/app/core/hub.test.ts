/** The hub's connection against a server that answers what a test wants: what real hubs do is in test/integration/hub. */

import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { Server } from "socket.io";
import { testLives } from "../../../test/helpers/life.ts";
import { until } from "../../../test/helpers/until.ts";
import type { HubAnswer } from "../../protocol/hub-socket.ts";
import { HubConnection } from "./hub.ts";

const newLife = testLives();
const FIRST_MS = 40;
const NOTHING: HubAnswer<"list_projects"> = { ok: true, projects: [], next: null };
const AWAY: HubAnswer<"list_projects"> = { ok: false, code: "unavailable", error: "The database is away." };

function openHub(list: () => HubAnswer<"list_projects">) {
  const life = newLife();
  const server = new Server(0);
  life.defer("server", () => server.close());
  const pings: number[] = [];
  server.on("connection", (socket) => {
    socket.on("list_projects", (_, answer) => answer(list()));
    socket.on("ping", (_, answer) => answer(pings.push(performance.now())));
  });
  const { port } = server.httpServer.address() as AddressInfo; // it listens on a port
  const page = new HubConnection({
    origin: `http://127.0.0.1:${port}`,
    path: "/socket.io",
    onSignedOut: () => {},
    signedIn: async () => true,
    reconnect: { firstMs: FIRST_MS, maxMs: 60_000, random: () => 0.5 },
  });
  life.defer("page", () => page.close());
  return { page, pings };
}

test("while the projects cannot be listed, a page asks ever later instead of every second", async () => {
  const askedAt: number[] = [];
  const { page } = openHub(() => (askedAt.push(performance.now()) < 6 ? AWAY : NOTHING));
  await until(() => page.listed.get());
  for (let tries = 1; tries < askedAt.length; tries += 1) {
    const waited = (askedAt[tries] ?? 0) - (askedAt[tries - 1] ?? 0);
    expect(waited).toBeGreaterThan(FIRST_MS * 2 ** (tries - 1) * 0.9); // the least: a slow machine waits longer
  }
});

test("a browser that calls itself offline is believed only when the hub does not answer", async () => {
  const network = new EventTarget();
  Object.assign(globalThis, { window: network });
  newLife().defer("window", () => void Reflect.deleteProperty(globalThis, "window"));
  const { page, pings } = openHub(() => NOTHING);
  await until(() => page.listed.get());
  const seen: string[] = [];
  page.status.subscribe(() => seen.push(page.status.get()));
  network.dispatchEvent(new Event("offline"));
  await until(() => pings.length > 0);
  expect([page.status.get(), seen]).toEqual(["online", []]);
});
