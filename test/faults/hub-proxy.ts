/** One fault on hub-proxy's connections to a project's server: small questions, uploads and WebSockets end or go on, and afterwards all work. */

import { expect } from "@jest/globals";
import type { Life } from "../../src/core/life.ts";
import type { Db } from "../../src/db/db.ts";
import { newPerson, newProject } from "../helpers/people.ts";
import { startRole } from "../helpers/roles.ts";
import { openTcpProxy, seeded } from "../helpers/tcp-proxy.ts";
import { until } from "../helpers/until.ts";
import { type Seen, servePod } from "../integration/proxy/pod.ts";
import { askUpgrade } from "../integration/proxy/wire.ts";
import { askEveryMs, askOn, befall, type Fault, PATIENCE_MS } from "./fault.ts";

/** Places at one server: fewer than are asked for after a fault, so that one that was not given back is missed. */
const PLACES = 6;
const UPLOAD = "z".repeat(100_000);
/** A browser's patience has an end too. */
const BROWSER_MS = 10_000;

/** A hub-proxy that goes to its projects by way of faults, and somebody with a project. */
export async function openHubProxySite(life: Life, db: Db) {
  const pod = await servePod(life);
  const faulty = await openTcpProxy(life, { host: "127.0.0.1", port: pod.port });
  const proxy = await startRole(life, "hub-proxy", {
    db,
    env: {
      COCALC_PROJECT_PORT: String(faulty.port),
      COCALC_PROXY_MAX_REQUESTS: String(PLACES),
      COCALC_PROXY_CONNECT_TIMEOUT_MS: "500",
    },
  });
  const owner = await newPerson(db);
  const projectId = await newProject(db, [[owner, "owner"]], { ip: "127.0.0.1" });
  const path = (name: string) => `/${projectId}/api/${name}`;
  return { faulty, proxy, path, cookie: owner.cookie };
}
type Site = Awaited<ReturnType<typeof openHubProxySite>>;

let asked = 0;

/** Asks what the pod repeats; whether its words are those that were asked. */
async function askEcho({ proxy, path, cookie }: Site, body?: string, signal?: AbortSignal) {
  asked += 1;
  const url = path(`x?n=${asked}`);
  const patience = AbortSignal.timeout(BROWSER_MS);
  const response = await fetch(proxy + url, {
    headers: { cookie },
    signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    ...(body !== undefined && { method: "POST", body }),
  });
  const text = await response.text();
  if (response.status !== 200) return { status: response.status, isRight: false };
  const seen = JSON.parse(text) as Seen; // the pod's own
  return { status: 200, isRight: seen.url.endsWith(`?n=${url.split("=")[1]}`) && seen.body === (body ?? "") };
}

/** Asks until it is answered rightly: of places that were lost none would come back, while a busy machine only takes its time. */
function untilEcho(site: Site, body: string | undefined): Promise<true> {
  const isRight = () =>
    askEcho(site, body).then(
      (answer) => answer.isRight,
      () => false,
    );
  return until(isRight, { timeoutMs: PATIENCE_MS, what: "the project is reached again" });
}

/** Asks all the while; keeps what was answered. */
function askAll(life: Life, site: Site, everyMs: number) {
  const told = { statuses: new Set<number>(), wrong: 0, broken: 0, answered: 0 };
  const keep = (body?: string) => (signal: AbortSignal) =>
    askOn(signal, everyMs, async () => {
      try {
        const { status, isRight } = await askEcho(site, body, signal);
        told.statuses.add(status);
        told.answered += 1;
        if (status === 200 && !isRight) told.wrong += 1;
      } catch {
        told.broken += 1;
      }
    });
  life.run("reader", keep());
  life.run("uploader", keep(UPLOAD));
  return told;
}

/** A WebSocket through the proxy, by which the pod repeats what is said. */
async function join({ proxy, path, cookie }: Site) {
  const { status, socket } = await askUpgrade(proxy, path("socket"), { headers: { Cookie: cookie } });
  const heard: string[] = [];
  socket.on("data", (chunk: Buffer) => heard.push(chunk.toString("latin1")));
  return { status, socket, heard: () => heard.join("") };
}

/** An upgrade whose question was garbled may never be answered: its pod is gone before its asker is. */
async function joinedOrEnded(late: ReturnType<typeof join>, { faulty }: Site): ReturnType<typeof join> {
  const timer = setTimeout(() => faulty.cut(), 5_000);
  try {
    return await late;
  } finally {
    clearTimeout(timer);
  }
}

/** Asks, uploads and talks through the fault, and afterwards for more than there are places. */
export async function outliveHubProxyFault(life: Life, site: Site, fault: Fault): Promise<void> {
  const open = await join(site);
  expect(open.status).toBe(101);
  const askers = life.child("askers");
  const told = askAll(askers, site, askEveryMs(fault));
  await until(() => told.answered > 4);
  let late: ReturnType<typeof join> | undefined;
  const joinWithin = () => {
    if (late === undefined) open.socket.write("during");
    late ??= join(site);
    return true;
  };
  await befall(site.faulty, fault, { random: seeded(fault.seed), isEnough: joinWithin });
  expect(await askers.stop()).toEqual([]);
  await until(() => open.socket.destroyed || open.heard().length >= "during".length, { what: "it goes on or ends" });
  if (late !== undefined) (await joinedOrEnded(late, site)).socket.destroy();
  open.socket.destroy();
  for (let round = 0; round < 2 * PLACES; round += 1) {
    for (const body of [undefined, UPLOAD]) await untilEcho(site, body);
  }
  await talkAfterwards(site);
  if (fault.kind === "corruption") return; // garbled bytes of a body cannot be told
  expect(told.wrong).toBe(0);
  for (const each of told.statuses) expect([200, 502, 503, 504]).toContain(each);
}

async function talkAfterwards(site: Site): Promise<void> {
  const { status, socket, heard } = await join(site);
  expect(status).toBe(101);
  socket.write("after");
  await until(() => heard() === "after");
  socket.destroy();
}
