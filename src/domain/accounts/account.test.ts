import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { newPerson } from "../../../test/helpers/people.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { deleteAccount, setBanned } from "./account.ts";

const newLife = testLives();

test("the last administrator who could act was deleted while another one was banned", async () => {
  const db = await openTestDb(newLife());
  const [acting, banned] = [await newPerson(db, { admin: true }), await newPerson(db, { admin: true })];
  const [by, accountId] = [acting.accountId, banned.accountId];
  await setBanned(db, { by, accountId, banned: true });
  await expect(deleteAccount(db, { by, accountId: by })).rejects.toMatchObject({ code: "conflict" });
  await deleteAccount(db, { by, accountId });
});

test("two administrators who banned each other at once left the site without one", async () => {
  const db = await openTestDb(newLife());
  const [ada, grace] = [await newPerson(db, { admin: true }), await newPerson(db, { admin: true })];
  const bans = [
    { by: ada.accountId, accountId: grace.accountId, banned: true },
    { by: grace.accountId, accountId: ada.accountId, banned: true },
  ];
  await Promise.allSettled(bans.map((ban) => setBanned(db, ban)));
  expect(await db.query("SELECT FROM accounts WHERE banned IS NOT TRUE")).toHaveLength(1);
});
