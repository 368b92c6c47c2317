/** Many pages of the app against real hubs: a hub that throws them out, one that goes away, an outage of the database, a network that freezes. */

import { expect, test } from "@jest/globals";
import { HubConnection } from "../../../src/app/core/hub.ts";
import { Life } from "../../../src/core/life.ts";
import { testLives } from "../../helpers/life.ts";
import { newPerson, newProject, type Person } from "../../helpers/people.ts";
import { asOwner, openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { openTcpProxy } from "../../helpers/tcp-proxy.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

const addressOf = (origin: string) => ({ host: "127.0.0.1", port: Number(new URL(origin).port) });

/** Pages of some people, who reach a hub through a proxy that can be turned elsewhere. */
async function openWorld({ drainSeconds = "0" } = {}) {
  const life = newLife();
  const db = await openTestDb(life);
  const hubLife = new Life("hub");
  life.defer("hub", async () => void (await hubLife.stop()));
  const startHub = (on: Life) =>
    startRole(on, "hub-websocket", { db, env: { COCALC_HUB_DRAIN_SECONDS: drainSeconds } });
  const hub = await startHub(hubLife);
  const proxy = await openTcpProxy(life, addressOf(hub));
  const pages: HubConnection[] = [];
  const open = (person: Person, count: number) => {
    for (let left = count; left > 0; left -= 1) {
      const page = new HubConnection({
        origin: `http://127.0.0.1:${proxy.port}`,
        path: "/hub",
        headers: { cookie: person.cookie },
        onSignedOut: () => {},
        signedIn: async () => true,
      });
      pages.push(page);
      life.defer("page", () => page.close());
    }
  };
  const online = () => pages.filter(({ status, listed }) => status.get() === "online" && listed.get()).length;
  return { life, db, hubLife, startHub: () => startHub(life), proxy, pages, open, online };
}

/** Looks at something for a while, often; resolves with all that was seen. */
async function watched<T>(ms: number, look: () => T): Promise<T[]> {
  const seen: T[] = [];
  const endsAt = Date.now() + ms;
  await until(() => {
    seen.push(look());
    return Date.now() > endsAt;
  });
  return seen;
}

test("pages whose hub throws them out come again ever later, and are back when it does not", async () => {
  const { db, proxy, pages, open, online } = await openWorld();
  const person = await newPerson(db);
  await newProject(db, [[person, "owner"]]);
  await db.execute("ALTER TABLE accounts RENAME COLUMN profile TO elsewhere"); // no account can be shown
  open(person, 20);
  await until(() => proxy.accepted >= 2 * pages.length);
  const before = proxy.accepted;
  await watched(2_000, () => {});
  expect(proxy.accepted - before).toBeLessThanOrEqual(3 * pages.length);
  await db.execute("ALTER TABLE accounts RENAME COLUMN elsewhere TO profile");
  await until(() => online() === pages.length, { timeoutMs: 40_000 });
}, 300_000);

test("a replica that goes away sends its pages elsewhere, each at its own time, and none sees an outage", async () => {
  const { db, hubLife, startHub, proxy, pages, open, online } = await openWorld({ drainSeconds: "2" });
  open(await newPerson(db), 40);
  await until(() => online() === pages.length);
  proxy.toward(addressOf(await startHub()));
  const before = proxy.accepted;
  const outages = new Set<HubConnection>();
  for (const page of pages) page.status.subscribe(() => page.status.get() === "offline" && outages.add(page));
  const arrivals: number[] = [];
  const stopped = hubLife.stop();
  await until(() => {
    arrivals.push(proxy.accepted - before);
    return proxy.accepted - before >= pages.length;
  });
  expect(await stopped).toEqual([]);
  await until(() => online() === pages.length);
  expect(outages.size).toBe(0);
  // Seen every few milliseconds: no look found a fourth of them at once.
  const most = Math.max(...arrivals.map((count, index) => count - (arrivals[index - 1] ?? 0)));
  expect(most).toBeLessThan(pages.length / 4);
});

test("after an outage of the database the pages do not all list their projects at one moment", async () => {
  const { db, pages, open, online } = await openWorld();
  for (const person of [await newPerson(db), await newPerson(db)]) open(person, 60);
  await until(() => online() === pages.length, { timeoutMs: 30_000 });
  const resynced = new Set<HubConnection>();
  for (const page of pages) page.projects.subscribe(() => resynced.add(page));
  await asOwner(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${db.config.database}' AND application_name LIKE '%/listen'`,
  );
  const counts: number[] = [];
  await until(() => {
    counts.push(resynced.size);
    return resynced.size === pages.length;
  });
  expect(counts.filter((count) => count > 0 && count < pages.length).length).toBeGreaterThan(0);
});

test("being offline is noticed while somebody works, though the connection says nothing of it, and so is being back", async () => {
  const { db, proxy, pages, open, online } = await openWorld();
  open(await newPerson(db), 1);
  await until(() => online() === 1);
  const [page] = pages;
  await proxy.fault("freeze", Math.random);
  page?.request("get_names", { account_ids: [crypto.randomUUID()] }).catch(() => {}); // what somebody does
  await until(() => page?.status.get() === "offline", { timeoutMs: 15_000 }); // the hub's ping would take 45 s
  await proxy.heal();
  await until(() => online() === 1);
}, 40_000);

test("where the site answers but no WebSocket comes through, that is what the page says, until one does", async () => {
  const { db, proxy, pages, open, online } = await openWorld();
  await proxy.fault("reset", Math.random);
  open(await newPerson(db), 1);
  await until(() => pages[0]?.status.get() === "blocked");
  await proxy.heal();
  await until(() => online() === 1);
}, 40_000);
