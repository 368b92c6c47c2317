import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { newPerson, newProject } from "../../../test/helpers/people.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { until } from "../../../test/helpers/until.ts";
import type { Db } from "../../db/db.ts";
import { deleteAccount } from "../accounts/account.ts";
import { applyInvitations, invite } from "./invitations.ts";

const newLife = testLives();

/** Ten projects, the first by id last in every other order. */
async function projectsOf(db: Db, make: () => Promise<string>): Promise<string[]> {
  const ids: string[] = [];
  for (let count = 0; count < 10; count += 1) ids.push(await make());
  const sorted = ids.toSorted();
  await db.execute("UPDATE projects SET title = title WHERE project_id = $1", [sorted[0]]); // its row moves to the end
  return sorted;
}

/** While somebody else holds the first of the projects: which of them `act` has locked when it has to wait. */
async function lockedMeanwhile(db: Db, [first, ...others]: string[], act: () => Promise<void>): Promise<number> {
  let acting: Promise<void> | undefined;
  const locked = await db.transaction(async (tx) => {
    await tx.query("SELECT FROM projects WHERE project_id = $1 FOR UPDATE", [first]);
    acting = act();
    await until(async () => {
      const waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
      return (await db.query(waiting)).length > 0;
    });
    const free = await db.query("SELECT FROM projects WHERE project_id = ANY($1) FOR UPDATE SKIP LOCKED", [others]);
    return others.length - free.length;
  });
  await acting;
  return locked;
}

test("people invited to the same projects who signed up at once, or left, could fail by a deadlock", async () => {
  const db = await openTestDb(newLife());
  const [owner, ada] = [await newPerson(db), await newPerson(db)];
  const email = "ada@example.org";
  const invitedTo = async () => {
    const projectId = await newProject(db, [[owner, "owner"]]);
    await db.transaction((tx) => invite(tx, { projectId, email, group: "collaborator", invitedBy: owner.accountId }));
    return projectId;
  };
  const { accountId } = ada;
  const projects = await projectsOf(db, invitedTo);
  const join = () => db.transaction((tx) => applyInvitations(tx, { accountId, email }));
  expect(await lockedMeanwhile(db, projects, join)).toBe(0);
  const members = () => db.query("SELECT FROM projects WHERE users ? $1", [accountId]);
  expect(await members()).toHaveLength(projects.length);
  const leave = () => deleteAccount(db, { by: accountId, accountId });
  expect(await lockedMeanwhile(db, projects, leave)).toBe(0);
  expect(await members()).toEqual([]);
});
