/** Several writers of the same rows at once. */

import { expect, test } from "@jest/globals";
import { recordApplied } from "../../../src/domain/starts/begin.ts";
import { writeProgress } from "../../../src/domain/starts/progress.ts";
import { leaderOf } from "../../helpers/leader.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";

const newLife = testLives();

test("both manage roles wrote the same starts at once in other orders, and waited for each other until one was refused", async () => {
  const db = await openTestDb(newLife());
  await db.execute(
    "INSERT INTO leaders (name, epoch, since) VALUES ('manage-action', 1, now()), ('manage-state', 1, now())",
  );
  const [action, state] = [leaderOf(db, "manage-action", 1), leaderOf(db, "manage-state", 1)];
  const rows = await db.query<{ project_id: string; ticket: number }>(
    "INSERT INTO project_starts (project_id, request_time, requested) SELECT gen_random_uuid(), 't', now() FROM generate_series(1, 60) RETURNING project_id, ticket",
  );
  const rounds = Array.from({ length: 30 }, (_, round) => round);
  const applied = async () => {
    for (const round of rounds)
      await recordApplied(action, rows.map(({ ticket }) => ({ ticket, podUid: `pod ${round}` })).reverse());
  };
  const progress = async () => {
    for (const round of rounds) {
      const why = { reason: "image_pulling" as const, message: `${round}`, kubernetesReason: "" };
      const pod = { podUid: "", phases: {}, node: undefined, why };
      await writeProgress(
        state,
        rows.map(({ project_id, ticket }) => ({ ...pod, projectId: project_id, ticket })),
      );
    }
  };
  await Promise.all([applied(), progress()]);
  const told = await db.query<object>("SELECT DISTINCT pod_uid, message FROM project_starts");
  expect(told).toEqual([{ pod_uid: "pod 29", message: "29" }]);
});
