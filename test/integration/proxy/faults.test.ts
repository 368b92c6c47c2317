/** hub-proxy's connections to a project's server live through whatever befalls them: small questions, uploads and WebSockets. */

import { expect, test } from "@jest/globals";
import { Life } from "../../../src/core/life.ts";
import { testLives } from "../../helpers/life.ts";
import { newPerson, newProject } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { type FaultKind, faultKinds, openTcpProxy, seeded } from "../../helpers/tcp-proxy.ts";
import { until } from "../../helpers/until.ts";
import { type Seen, servePod } from "./pod.ts";
import { askUpgrade } from "./wire.ts";

const newLife = testLives();
/** Places at one server: fewer than are asked for after a fault, so that one that was not given back is missed. */
const PLACES = 6;
const UPLOAD = "z".repeat(100_000);

async function openSite(life: Life) {
  const db = await openTestDb(life);
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
  return { pod, faulty, proxy, path, cookie: owner.cookie };
}
type Site = Awaited<ReturnType<typeof openSite>>;

let asked = 0;

/** Asks what the pod repeats; whether its words are those that were asked. A browser's patience has an end too. */
async function askEcho({ proxy, path, cookie }: Site, body?: string, signal?: AbortSignal) {
  asked += 1;
  const url = path(`x?n=${asked}`);
  const patience = AbortSignal.timeout(10_000);
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

/** Asks all the while; keeps what was answered. */
function askAll(life: Life, site: Site) {
  const told = { statuses: new Set<number>(), wrong: 0, broken: 0, answered: 0 };
  const keep = (body?: string) => async (signal: AbortSignal) => {
    while (!signal.aborted) {
      try {
        const { status, isRight } = await askEcho(site, body, signal);
        told.statuses.add(status);
        told.answered += 1;
        if (status === 200 && !isRight) told.wrong += 1;
      } catch {
        told.broken += 1;
      }
    }
  };
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

const rounds = faultKinds.map((kind, seed) => [kind, seed] as [FaultKind, number]);

test.each(rounds)(
  "requests and WebSockets to a project go on after %s (seed %d)",
  async (kind, seed) => {
    const life = newLife();
    const random = seeded(seed);
    const site = await openSite(life);
    const open = await join(site);
    expect(open.status).toBe(101);
    const askers = new Life("askers");
    const told = askAll(askers, site);
    await until(() => told.answered > 4);
    await site.faulty.fault(kind, random);
    open.socket.write("during");
    const late = join(site); // asked for within the fault
    const endsAt = Date.now() + 1_000 + random() * 1_000;
    await until(() => Date.now() > endsAt);
    await site.faulty.heal();
    expect(await askers.stop()).toEqual([]);
    await until(() => open.socket.destroyed || open.heard().length >= "during".length, { what: "it goes on or ends" });
    (await joinedOrEnded(late, site)).socket.destroy();
    open.socket.destroy();
    for (let round = 0; round < 2 * PLACES; round += 1) {
      expect(await askEcho(site)).toEqual({ status: 200, isRight: true });
      expect(await askEcho(site, UPLOAD)).toEqual({ status: 200, isRight: true });
    }
    const { status, socket, heard } = await join(site);
    expect(status).toBe(101);
    socket.write("after");
    await until(() => heard() === "after");
    socket.destroy();
    if (kind === "corruption") return; // garbled bytes of a body cannot be told
    expect(told.wrong).toBe(0);
    for (const each of told.statuses) expect([200, 502, 503, 504]).toContain(each);
  },
  300_000,
);

/** An upgrade whose question was garbled may never be answered: its pod is gone before its asker is. */
async function joinedOrEnded(late: ReturnType<typeof join>, { faulty }: Site): ReturnType<typeof join> {
  const timer = setTimeout(() => faulty.cut(), 5_000);
  try {
    return await late;
  } finally {
    clearTimeout(timer);
  }
}
