/** However often a project's server tells of something, and whatever: the database and our log have little of it. */

import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import type { Db } from "../../src/db/db.ts";
import type { DoneInProject } from "../../src/protocol/done-in-project.ts";
import { testLives } from "../../test/helpers/life.ts";
import { keptLog } from "../../test/helpers/log.ts";
import { openTestDb } from "../../test/helpers/postgres.ts";
import { until } from "../../test/helpers/until.ts";
import { DoneLog } from "./done-log.ts";

const newLife = testLives();
const killedAt = (time: Date) => {
  const amounts = { used: 1, limit: 2 };
  return {
    action: "out_of_memory" as const,
    time: time.toISOString(),
    process: "R",
    ...amounts,
    whole: false as const,
  };
};
const TRASHED: DoneInProject = { action: "trashed", files: ["a"], count: 1 };

async function openDoneLog() {
  const db = await openTestDb(newLife());
  const asked = { statements: 0, underWay: 0, most: 0 };
  const execute: Db["execute"] = async (sql, values) => {
    asked.statements += 1;
    asked.underWay += 1;
    asked.most = Math.max(asked.most, asked.underWay);
    try {
      return await db.execute(sql, values);
    } finally {
      asked.underWay -= 1;
    }
  };
  const { log, lines } = keptLog();
  const doneLog = new DoneLog({ db: { execute, query: db.query.bind(db) }, log });
  const accountId = randomUUID();
  const note = (projectId: string, done: DoneInProject) => doneLog.note({ projectId, identity: { accountId }, done });
  const events = async () =>
    (await db.query<{ event: object }>("SELECT event FROM project_log")).map(({ event }) => event);
  return { db, note, asked, lines, events };
}

/** One that may have run for a day. */
async function oldProject(db: Db): Promise<string> {
  const projectId = randomUUID();
  await db.execute("INSERT INTO projects (project_id, created) VALUES ($1, now() - interval '1 day')", [projectId]);
  return projectId;
}

test("a server that tells of another killed program with each answer makes one query of it, and another project is heard", async () => {
  const { db, note, asked, lines, events } = await openDoneLog();
  const [liar, other] = [await oldProject(db), await oldProject(db)];
  for (let count = 0; count < 1_000; count += 1) note(liar, killedAt(new Date(Date.now() - count * 1_000)));
  note(other, killedAt(new Date()));
  await until(() => asked.underWay === 0);
  expect(asked.statements).toBe(2);
  expect(await events()).toHaveLength(2);
  expect(lines).toEqual([]);
});

test("deletions in a loop fill neither the project's log nor ours, and a database that hangs has few of them waiting", async () => {
  const { db, note, asked, lines, events } = await openDoneLog();
  const projectId = randomUUID();
  await db.transaction(async (tx) => {
    await tx.execute("LOCK TABLE project_log IN EXCLUSIVE MODE");
    for (let count = 0; count < 1_000; count += 1) note(randomUUID(), TRASHED);
    expect(asked.underWay).toBe(256);
  });
  await until(() => asked.underWay === 0);
  expect(await events()).toHaveLength(256);
  const before = asked.statements;
  for (let round = 0; round < 10; round += 1) {
    for (let count = 0; count < 40; count += 1) note(projectId, TRASHED);
    await until(() => asked.underWay === 0);
  }
  const written = asked.statements - before;
  expect(written).toBeGreaterThanOrEqual(200);
  expect(written).toBeLessThan(400);
  expect(lines).toMatchObject([{ level: "warn", fields: { reason: "the database is slow" } }]);
});

test("writes that fail are told once, and later ones are done", async () => {
  const { db, note, asked, lines, events } = await openDoneLog();
  await db.execute("ALTER TABLE project_log RENAME TO elsewhere");
  for (let count = 0; count < 50; count += 1) note(randomUUID(), TRASHED);
  await until(() => asked.underWay === 0);
  expect(lines).toHaveLength(1);
  await db.execute("ALTER TABLE elsewhere RENAME TO project_log");
  note(randomUUID(), TRASHED);
  await until(() => asked.underWay === 0);
  expect(await events()).toEqual([{ event: "file_action", ...TRASHED }]);
});
