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
