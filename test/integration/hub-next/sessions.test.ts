/** Sessions one by one: a person sees each, and ends any; what is open by it ends, too. */

import { expect, test } from "@jest/globals";
import { io } from "socket.io-client";
import { PASSWORD, startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();
const FIREFOX = { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };

async function openHub() {
  const life = newLife();
  const db = await openTestDb(life);
  return { life, db, hub: await startHub(life, db) };
}

test("a person sees each session, ends another one, and its open socket ends within two seconds", async () => {
  const { life, db, hub } = await openHub();
  const websocket = await startRole(life, "hub-websocket", { db });
  const ada = await hub.signedUp();
  const there = hub.browser();
  await there.call("auth/sign-in", { email: ada.email, password: PASSWORD }, FIREFOX);
  const extraHeaders = { cookie: there.cookie ?? "" };
  const socket = io(websocket, { path: "/hub", transports: ["websocket"], reconnection: false, extraHeaders });
  const events: string[] = [];
  for (const event of ["account", "signed_out"]) socket.on(event, () => events.push(event));
  await until(() => events.includes("account"));
  const { sessions } = await ada.call("accounts/sessions", {});
  expect(sessions).toMatchObject([
    { browser: "A program", current: true, created: expect.any(String), last_active: expect.any(String) },
    { browser: "Firefox on Linux", current: false },
  ]);
  await ada.call("accounts/end-session", { id: sessions[1]?.id ?? "" });
  await until(() => events.includes("signed_out") && socket.disconnected, { timeoutMs: 10_000 });
  await until(async () => Reflect.get(Object(await there.try("accounts/profile", {})), "code") === "unauthenticated", {
    timeoutMs: 10_000,
  });
  expect((await ada.call("accounts/sessions", {})).sessions).toHaveLength(1);
});

test("nobody sees or ends the sessions of somebody else, a key none at all, and one's own takes the cookie away", async () => {
  const { hub } = await openHub();
  const ada = await hub.signedUp();
  const grace = await hub.signedUp();
  const [own] = (await ada.call("accounts/sessions", {})).sessions;
  expect((await grace.call("accounts/sessions", {})).sessions.map(({ id }) => id)).not.toContain(own?.id);
  expect((await grace.refused("accounts/end-session", { id: own?.id })).code).toBe("not_found");
  const { response } = await ada.call("api-keys", { action: "create", name: "program" });
  const key = { Authorization: `Bearer ${response[0]?.secret}` };
  expect((await hub.browser().refused("accounts/sessions", {}, key)).code).toBe("forbidden");
  await ada.call("accounts/end-session", { id: own?.id ?? "" });
  expect(ada.cookie).toBeUndefined();
});

test("what is told of a session holds neither its secret nor its hash, and ended ones are not listed", async () => {
  const { db, hub } = await openHub();
  const ada = await hub.signedUp();
  await hub.browser().call("auth/sign-in", { email: ada.email, password: PASSWORD });
  const [row] = await db.query<{ hash: string }>("SELECT hash FROM remember_me LIMIT 1");
  const text = JSON.stringify(await ada.call("accounts/sessions", {}));
  for (const secret of [row?.hash.trim() ?? "?", ada.cookie?.split("=")[1] ?? "?"]) expect(text).not.toContain(secret);
  const { sessions } = await ada.call("accounts/sessions", {});
  await db.execute("UPDATE remember_me SET expire = now() AT TIME ZONE 'UTC' WHERE id = $1", [sessions[1]?.id]);
  expect((await ada.call("accounts/sessions", {})).sessions).toHaveLength(1);
});

test("when a session was last used is known to some minutes, and noting it wakes nobody", async () => {
  const { life, db, hub } = await openHub();
  const ada = await hub.signedUp();
  const woken: string[] = [];
  await db.listen(life, { channels: ["remember_me"], onNotify: (key) => woken.push(key), onMissed: () => {} });
  await db.execute("UPDATE remember_me SET last_active = now() AT TIME ZONE 'UTC' - interval '1 day'");
  hub.browser(); // another visitor changes nothing
  const again = Object.assign(hub.browser(), { cookie: ada.cookie });
  await db.execute("UPDATE accounts SET first_name = 'Augusta'"); // the cached identity is asked for anew
  await until(async () => {
    const { sessions } = await again.call("accounts/sessions", {});
    return Date.now() - new Date(sessions[0]?.last_active ?? 0).getTime() < 60_000;
  });
  await db.execute("DELETE FROM remember_me");
  await until(() => woken.length > 0);
  expect(woken).toHaveLength(1);
});
