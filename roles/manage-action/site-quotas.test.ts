import { expect, test } from "@jest/globals";
import { Settings } from "../../src/domain/settings/settings.ts";
import { testLives } from "../../test/helpers/life.ts";
import { keptLog } from "../../test/helpers/log.ts";
import { openTestDb } from "../../test/helpers/postgres.ts";
import { SiteQuotas } from "./site-quotas.ts";

const newLife = testLives();

/** A site that gives 4000 MB, its settings as they are read anew each time, and a database that can be away. */
async function openSite(defaults = '{"mem":4000}') {
  const db = await openTestDb(newLife());
  const set = (value: string) =>
    db.execute(
      "INSERT INTO server_settings (name, value) VALUES ('kucalc', 'onprem'), ('default_quotas', $1) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value",
      [value],
    );
  await set(defaults);
  const { log, lines } = keptLog();
  const database = { isAway: false };
  const query: typeof db.query = async (...of) => {
    if (database.isAway) throw new Error("a test wants it so");
    return db.query(...of);
  };
  const settings = new Settings({ query, execute: db.execute.bind(db) }, log);
  const site = new SiteQuotas({ settings, log });
  const told = () => lines.filter(({ fields }) => "settings" in fields);
  return { database, set, told, site, settings };
}

test("settings that could not be read yet took from all that runs what the site gives: nothing is decided without them", async () => {
  const { database, site } = await openSite();
  database.isAway = true;
  await expect(site.now()).rejects.toMatchObject({ code: "unavailable" });
  await expect(site.atStart()).rejects.toMatchObject({ code: "unavailable" });
  database.isAway = false;
  expect((await site.now())?.defaultQuotas).toEqual({ mem: 4_000 });
});

test("default quotas that are not well formed count as they were before, and it is told in the log once", async () => {
  const { set, site, settings, told } = await openSite();
  await site.now();
  await set("{mem: 4000");
  for (let looks = 0; looks < 3; looks++) {
    settings.forget();
    expect((await site.now())?.defaultQuotas).toEqual({ mem: 4_000 });
    expect((await site.atStart()).defaultQuotas).toEqual({ mem: 4_000 });
  }
  expect(told()).toMatchObject([{ level: "warn", fields: { settings: ["default_quotas"] } }]);
  await set('{"mem":2000}');
  settings.forget();
  expect((await site.now())?.defaultQuotas).toEqual({ mem: 2_000 });
});

test("where it is not known what the site gave before, what runs stays as it is, and starts are made as if it gave nothing", async () => {
  const { site } = await openSite("4000");
  expect(await site.now()).toBeUndefined();
  expect((await site.atStart()).defaultQuotas).toEqual({});
});
