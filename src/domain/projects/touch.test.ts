import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newPerson, newProject } from "../../../test/helpers/people.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { Life } from "../../core/life.ts";
import type { Db } from "../../db/db.ts";
import { memberships } from "./members.ts";
import { touchProject } from "./touch.ts";

const life = new Life("touch");
let db: Db;
beforeAll(async () => {
  db = await openTestDb(life);
});
afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

test("who comes while others work is seen too", async () => {
  const [ada, charles] = [await newPerson(db), await newPerson(db)];
  const projectId = await newProject(db, [
    [ada, "owner"],
    [charles, "collaborator"],
  ]);
  for (const { accountId } of [ada, charles]) await touchProject(db, { projectId, accountId });
  const seen = (await memberships(db, projectId)).map(({ last_active }) => last_active);
  expect(seen.filter((time) => Math.abs(Date.now() - Date.parse(String(time))) < 60_000)).toHaveLength(2);
});

test("a second touch by the same person within half a minute writes nothing", async () => {
  const ada = await newPerson(db);
  const { accountId } = ada;
  const projectId = await newProject(db, [[ada, "owner"]]);
  await touchProject(db, { projectId, accountId });
  const version = async () =>
    (await db.query<{ xmin: string }>("SELECT xmin::text FROM projects WHERE project_id = $1", [projectId]))[0]?.xmin;
  const before = await version();
  await touchProject(db, { projectId, accountId });
  expect(await version()).toBe(before);
});

test("an administrator who is no member kept a project from becoming idle", async () => {
  const projectId = await newProject(db, [[await newPerson(db), "owner"]]);
  const { accountId } = await newPerson(db, { admin: true });
  await touchProject(db, { projectId, accountId });
  const rows = await db.query("SELECT last_edited, last_active FROM projects WHERE project_id = $1", [projectId]);
  expect(rows).toEqual([{ last_edited: null, last_active: null }]);
});
