import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { keptLog } from "../../../test/helpers/log.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { until } from "../../../test/helpers/until.ts";
import { Settings } from "./settings.ts";

const newLife = testLives();

test("while the database hangs, readers of settings have the last ones, and the answer that comes late after it", async () => {
  const db = await openTestDb(newLife());
  const { log, lines } = keptLog();
  const settings = new Settings(db, log);
  const name = async () => (await settings.values()).site_name;
  await db.execute("INSERT INTO server_settings (name, value) VALUES ('site_name', 'Before')");
  expect(await name()).toBe("Before");
  await db.transaction(async (tx) => {
    await tx.execute("LOCK TABLE server_settings"); // whoever reads it waits for the end of this transaction
    await tx.execute("UPDATE server_settings SET value = 'After'");
    settings.forget();
    expect(await Promise.all([name(), name()])).toEqual(["Before", "Before"]);
    expect(lines).toMatchObject([{ message: "the database does not answer; the last site settings are used" }]);
  });
  await until(async () => (await name()) === "After", { timeoutMs: 10_000 }); // sooner than anybody would read again
});

test("what has to know a change decided by what was before it, where the database took more than a second to answer", async () => {
  const db = await openTestDb(newLife());
  const settings = new Settings(db, keptLog().log);
  const known = async () => (await settings.known()).values.site_name;
  await db.execute("INSERT INTO server_settings (name, value) VALUES ('site_name', 'Before')");
  expect(await known()).toBe("Before");
  const asked = await db.transaction(async (tx) => {
    await tx.execute("LOCK TABLE server_settings");
    await tx.execute("UPDATE server_settings SET value = 'After'");
    settings.forget();
    const asked = known();
    expect((await settings.values()).site_name).toBe("Before"); // by when the second is over
    return { asked };
  });
  expect(await asked.asked).toBe("After");
});

test("a change that cannot be read is told as such to what has to know it, and what did not change is known", async () => {
  const db = await openTestDb(newLife());
  const database = { isAway: false };
  const query: typeof db.query = async (...of) => {
    if (database.isAway) throw new Error("a test wants it so");
    return db.query(...of);
  };
  const settings = new Settings({ query, execute: db.execute.bind(db) }, keptLog().log);
  const { values } = await settings.known();
  database.isAway = true;
  expect((await settings.known()).values).toBe(values);
  settings.forget();
  for (let asked = 0; asked < 2; asked++) await expect(settings.known()).rejects.toMatchObject({ code: "unavailable" });
  expect(await settings.values()).toBe(values);
  database.isAway = false;
  expect((await settings.known()).values).toEqual(values);
});

test("an answer that was asked for before a change and comes after the next one does not take its place", async () => {
  const db = await openTestDb(newLife());
  const held = Promise.withResolvers<void>();
  let asked = 0;
  const query = async <Row>(sql: string) => {
    const rows = await db.query<Row>(sql);
    if (++asked === 2) await held.promise;
    return rows;
  };
  const settings = new Settings({ query, execute: db.execute.bind(db) }, keptLog().log);
  const name = async () => (await settings.known()).values.site_name;
  await name();
  settings.forget();
  const late = name();
  await until(() => asked === 2);
  await db.execute("INSERT INTO server_settings (name, value) VALUES ('site_name', 'New')");
  settings.forget();
  expect(await name()).toBe("New");
  held.resolve();
  expect(await late).toBe("New");
  expect(await name()).toBe("New");
});
