/** What a project's server says that was done, through hub-proxy: people can replace that server by one that lies. */

import { expect, test } from "@jest/globals";
import { projectLog } from "../../../src/domain/projects/log.ts";
import { until } from "../../helpers/until.ts";
import { api, db, get, pod, projectId } from "./hub-proxy-fixture.ts";

test("a pod that tells of another killed program with each of 1,000 answers had each written to the database", async () => {
  await db.execute("UPDATE projects SET created = created - interval '1 day' WHERE project_id = $1", [projectId]);
  // Counts statements, also those that insert no row.
  await db.execute("CREATE SEQUENCE tried");
  await db.execute(
    `CREATE FUNCTION count_tried() RETURNS trigger AS $$ BEGIN PERFORM nextval('tried'); RETURN NULL; END $$ LANGUAGE plpgsql`,
  );
  await db.execute(
    "CREATE TRIGGER tried BEFORE INSERT ON project_log FOR EACH STATEMENT EXECUTE FUNCTION count_tried()",
  );
  let answers = 0;
  const killed = { action: "out_of_memory", process: "R\0 \u202efit.R", used: 1, limit: 2 };
  pod.claim(() => ({ ...killed, time: new Date(Date.now() - ++answers * 1_000).toISOString(), whole: answers <= 10 }));
  for (let round = 0; round < 100; round += 1) {
    const given = await Promise.all(Array.from({ length: 10 }, () => get(api("status"))));
    expect(given.map(({ status, headers }) => [status, headers["x-cocalc-done"]])).toEqual(
      Array(10).fill([200, undefined]),
    );
  }
  const { log } = await until(async () => {
    const page = await projectLog(db, { projectId, limit: 10 });
    return page.log.length > 0 && page;
  });
  expect(log.map(({ event }) => event)).toEqual([
    expect.objectContaining({ event: "project_out_of_memory", process: "R fit.R", whole: false }),
  ]);
  expect(await db.query("SELECT last_value FROM tried")).toEqual([{ last_value: 1 }]);
});
