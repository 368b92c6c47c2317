import type { Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { openMetrics } from "../../../src/core/metrics.ts";
import { testLives } from "../../helpers/life.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { servePod } from "./pod.ts";
import { ask, askUpgrade, dial } from "./wire.ts";

const newLife = testLives();
const MOST = 10;
const HANG = "GET /hang HTTP/1.1\r\nHost: localhost\r\n";

/** An ingress before stand-ins for all roles, where everybody comes from one address. */
async function openIngress(env = {}) {
  const life = newLife();
  const metrics = openMetrics({ defaults: false });
  const pod = await servePod(life);
  const origin = `http://127.0.0.1:${pod.port}`;
  const ingress = await startRole(life, "ingress", {
    metrics,
    origins: { "hub-next": origin, "hub-websocket": origin },
    env: { COCALC_TRUSTED_PROXIES: "none", COCALC_INGRESS_MAX_PER_ADDRESS: String(MOST), ...env },
  });
  const refused = async () =>
    (await metrics.getSingleMetric("cocalc_ingress_refused_total")?.get())?.values[0]?.value ?? 0;
  return { ingress, pod, refused };
}

/** Opens a connection, says this, and notes its end. */
function open(ingress: string, words = ""): Socket {
  const socket = dial(ingress);
  socket.resume();
  socket.write(words);
  return socket;
}

const openOf = (sockets: Socket[]) => sockets.filter(({ destroyed }) => !destroyed).length;
const letGo = (sockets: Socket[]) => {
  for (const socket of sockets) socket.destroy();
};

test("a stranger's silent and endless beginnings make room for others behind the same address", async () => {
  const { ingress, refused } = await openIngress();
  const beginnings = ["", "GET / HT", `${HANG}X: `];
  const sockets = Array.from({ length: 6 * MOST }, (_, index) => open(ingress, beginnings[index % 3]));
  await until(() => openOf(sockets) <= MOST, { timeoutMs: 10_000 });
  expect(openOf(sockets)).toBe(MOST);
  expect((await ask(ingress, "/", { host: "localhost" })).status).toBe(200);
  expect(await refused()).toBe(0);
  letGo(sockets);
});

test("requests that are under way are not cut off for new ones, which are refused until there is room again", async () => {
  const { ingress, pod, refused } = await openIngress();
  const slow = Array.from({ length: MOST }, () => open(ingress, `${HANG}\r\n`));
  await until(() => pod.connections() === MOST, { timeoutMs: 10_000 });
  expect((await ask(ingress, "/", { host: "localhost" })).status).toBe(0); // closed without a word
  expect(openOf(slow)).toBe(MOST);
  expect(await refused()).toBeGreaterThan(0);
  slow[0]?.destroy();
  await until(async () => (await ask(ingress, "/", { host: "localhost" })).status === 200, { timeoutMs: 10_000 });
  letGo(slow);
});

test("by way of a proxy each visitor's address counts by itself, and the proxy's connections for none", async () => {
  const { ingress } = await openIngress({ COCALC_TRUSTED_PROXIES: "loopback" });
  const of = (address: string) => ({ host: "localhost", headers: { "X-Forwarded-For": address } });
  const slow = Array.from({ length: MOST }, () => open(ingress, `${HANG}X-Forwarded-For: 203.0.113.7\r\n\r\n`));
  const isFull = async () => (await ask(ingress, "/", of("203.0.113.7"))).status === 429;
  await until(isFull, { timeoutMs: 10_000 });
  expect((await askUpgrade(ingress, "/hub/", of("203.0.113.7"))).status).toBe(429);
  expect((await ask(ingress, "/", of("203.0.113.8"))).status).toBe(200);
  expect((await ask(ingress, "/", { host: "localhost" })).status).toBe(200);
  letGo(slow);
  await until(async () => !(await isFull()), { timeoutMs: 10_000 });
});

test("WebSockets of a class that is signed in hold no place, and those that are refused none either", async () => {
  const { ingress, refused } = await openIngress();
  const sockets: Socket[] = [];
  for (let index = 0; index < 3 * MOST; index += 1) {
    const { status, socket } = await askUpgrade(ingress, "/hub/", { host: "localhost" });
    expect(status).toBe(101);
    sockets.push(socket);
    expect((await askUpgrade(ingress, "/hub/refused", { host: "localhost" })).status).toBe(403);
  }
  expect((await ask(ingress, "/", { host: "localhost" })).status).toBe(200);
  expect(openOf(sockets)).toBe(3 * MOST);
  expect(await refused()).toBe(0);
  letGo(sockets);
});

test("a few greedy addresses leave room for the next one", async () => {
  const { ingress, pod } = await openIngress({
    COCALC_TRUSTED_PROXIES: "loopback",
    COCALC_INGRESS_MAX_PER_ADDRESS: "2000",
    COCALC_INGRESS_MAX_CONNECTIONS: "100",
  });
  const sockets: Socket[] = [];
  const of = (address: string) => ({ host: "localhost", headers: { "X-Forwarded-For": address } });
  for (let host = 1; host <= 5; host += 1) {
    const words = `${HANG}Connection: close\r\nX-Forwarded-For: 192.0.2.${host}\r\n\r\n`;
    const asked = Array.from({ length: 40 }, () => open(ingress, words));
    sockets.push(...asked);
    await until(() => openOf(asked) <= 20, { timeoutMs: 10_000 }); // who is refused is let go
  }
  await until(() => pod.connections() === openOf(sockets), { timeoutMs: 10_000 });
  expect(openOf(sockets)).toBeLessThanOrEqual(80);
  expect((await ask(ingress, "/", of("203.0.113.8"))).status).toBe(200);
  letGo(sockets);
});
