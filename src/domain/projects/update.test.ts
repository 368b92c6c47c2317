import { expect, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { newPerson, newProject } from "../../../test/helpers/people.ts";
import { openTestDb } from "../../../test/helpers/postgres.ts";
import { deleteProject } from "./update.ts";

const newLife = testLives();

test("a project whose deletion was interrupted was deleted, went on running, and could not be deleted again", async () => {
  const db = await openTestDb(newLife());
  const ada = await newPerson(db);
  const projectId = await newProject(db, [[ada, "owner"]], { ip: "10.0.0.1" });
  const row = () =>
    db.query("SELECT deleted, action_request ->> 'action' AS action FROM projects WHERE project_id = $1", [projectId]);
  const remove = () => deleteProject(db, { projectId, accountId: ada.accountId });
  await db.execute(
    "ALTER TABLE project_log ADD CONSTRAINT broken CHECK (event ->> 'event' <> 'project_stop_requested')",
  );
  await expect(remove()).rejects.toThrow();
  expect(await row()).toEqual([{ deleted: null, action: null }]);
  await db.execute("ALTER TABLE project_log DROP CONSTRAINT broken");
  await remove();
  expect(await row()).toEqual([{ deleted: true, action: "stop" }]);
});
