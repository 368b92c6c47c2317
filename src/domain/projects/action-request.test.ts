import { afterAll, expect, test } from "@jest/globals";
import { newPerson, newProject } from "../../../test/helpers/people.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { Life } from "../../core/life.ts";
import { latestRequest, requestAction } from "./action-request.ts";
import { projectLog } from "./log.ts";

const life = new Life("test");
const db = await openTestDb(life);
afterAll(async () => {
  expect(await life.stop()).toEqual([]);
});

test("who stopped a project was not told, where the stop was seen before it was written down who asked", async () => {
  const person = await newPerson(db);
  const projectId = await newProject(db, [[person, "owner"]]);
  const ask = () => requestAction(db, { projectId, action: "stop", accountId: person.accountId });
  await db.execute(`CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE 'not written'; END $$ LANGUAGE plpgsql`);
  await db.execute("CREATE TRIGGER refuse BEFORE INSERT ON project_log FOR EACH ROW EXECUTE FUNCTION refuse()");
  await expect(ask()).rejects.toThrow();
  expect(await latestRequest(db, projectId)).toBeUndefined();

  await db.execute("DROP TRIGGER refuse ON project_log");
  const { time } = await ask();
  expect(await latestRequest(db, projectId)).toEqual({ action: "stop", time });
  expect(await db.query("SELECT action_request FROM projects WHERE project_id = $1", [projectId])).toEqual([
    { action_request: { action: "stop", time, account_id: person.accountId } },
  ]);
  const { log } = await projectLog(db, { projectId, limit: 5 });
  expect(log.map(({ account_id, event }) => ({ account_id, event }))).toEqual([
    { account_id: person.accountId, event: { event: "project_stop_requested" } },
  ]);
});

test("starts of what runs and stops of what is stopped filled a project's log: they are done, and are no news", async () => {
  const person = await newPerson(db);
  const projectId = await newProject(db, [[person, "owner"]]);
  const ask = (action: "start" | "stop" | "restart", rescue = false) =>
    requestAction(db, { projectId, action, accountId: person.accountId, rescue });
  const finish = (state: string, err?: string) =>
    db.execute(
      "UPDATE projects SET state = $2, action_request = action_request || jsonb_build_object('finished', 'now', 'err', $3::text) WHERE project_id = $1",
      [projectId, JSON.stringify({ state }), err ?? null],
    );
  const newsOf = async () => (await projectLog(db, { projectId, limit: 50 })).log.length;
  const counts: number[] = [];
  const askAndCount = async (action: "start" | "stop" | "restart", rescue?: boolean) => {
    await ask(action, rescue);
    counts.push(await newsOf());
  };
  await askAndCount("start");
  await askAndCount("start"); // under way
  await finish("running");
  await askAndCount("start"); // runs
  await askAndCount("start", true);
  await askAndCount("restart");
  await askAndCount("stop");
  await askAndCount("stop");
  await askAndCount("start"); // while it stops
  await finish("opened", "no room");
  const { time } = await ask("start");
  expect([...counts, await newsOf()]).toEqual([1, 1, 1, 2, 3, 4, 4, 5, 6]);
  expect(await latestRequest(db, projectId)).toMatchObject({ action: "start", time });
});

test("a start in rescue mode is asked for and logged as such, and a stop never is one", async () => {
  const person = await newPerson(db);
  const projectId = await newProject(db, [[person, "owner"]]);
  const { time } = await requestAction(db, { projectId, action: "restart", accountId: person.accountId, rescue: true });
  expect(await latestRequest(db, projectId)).toEqual({ action: "restart", time, rescue: true });
  await requestAction(db, { projectId, action: "stop", rescue: true });
  expect(await latestRequest(db, projectId)).not.toHaveProperty("rescue");
  const { log } = await projectLog(db, { projectId, limit: 5 });
  expect(log.map(({ event }) => event)).toEqual([
    { event: "project_stop_requested" },
    { event: "project_restart_requested", rescue: true },
  ]);
});
