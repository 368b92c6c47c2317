import { expect, test } from "@jest/globals";
import { openMetrics } from "../../../src/core/metrics.ts";
import { openReconciler } from "../../../src/db/reconciler.ts";
import { leaderOf } from "../../helpers/leader.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();

/** A reconciler whose keys are in `unfinished`, and fail as often as `failing` says. */
async function open({ everySeconds = 3_600 } = {}) {
  const life = newLife();
  const db = await openTestDb(life);
  const metrics = openMetrics({ defaults: false });
  const { log, lines } = keptLog();
  const unfinished: string[] = [];
  const failing = new Map<string, number>();
  const looked: string[] = [];
  const reconciler = openReconciler(life.child("term"), {
    name: "work",
    db,
    log,
    metrics,
    channels: ["work_to_do"],
    keys: async () => unfinished,
    reconcile: async (key, look) => {
      looked.push(key);
      look.log.info({}, "looked");
      const left = failing.get(key) ?? 0;
      failing.set(key, left - 1);
      if (left > 0) throw new Error("not yet");
      return undefined;
    },
    everySeconds,
    concurrency: 2,
  });
  await reconciler.opened;
  const value = async (series: string) =>
    Number(
      (await metrics.metrics())
        .split("\n")
        .find((line) => line.startsWith(`${series} `))
        ?.split(" ")
        .at(-1),
    );
  return { db, reconciler, unfinished, failing, looked, lines, value };
}

test("a key that a notification names is looked at", async () => {
  const { db, looked } = await open();
  await until(async () => {
    await db.query("SELECT pg_notify('work_to_do', 'a')");
    return looked.includes("a");
  });
});

test("what no notification told of is found by the sweep", async () => {
  const { unfinished, looked } = await open({ everySeconds: 1 });
  unfinished.push("b");
  await until(() => looked.includes("b"));
});

test("each look has an id of its own in its lines, and failures, time and depth are measured", async () => {
  const { reconciler, failing, looked, lines, value } = await open();
  failing.set("c", 1);
  reconciler.add("c");
  await until(() => looked.length === 2);
  await until(async () => (await value('cocalc_reconcile_seconds_count{name="work"}')) === 2);
  expect(await value('cocalc_reconcile_failures_total{name="work",what="look"}')).toBe(1);
  expect(await value('cocalc_reconcile_wait_seconds_count{name="work"}')).toBe(1);
  await until(async () => (await value('cocalc_reconcile_depth{name="work"}')) === 0);
  const ids = lines.filter(({ message }) => message === "looked").map(({ fields }) => fields);
  expect(ids).toEqual([
    { key: "c", reconcile: "work/1" },
    { key: "c", reconcile: "work/2" },
  ]);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: "warn", fields: { key: "c", reconcile: "work/1", reason: "not yet" } }),
  );
});

test("a write of a leader is refused once somebody was elected since, with the parameters of its statement untouched", async () => {
  const { db } = await open();
  await db.execute("INSERT INTO leaders (name, epoch, since) VALUES ('work', 2, now())");
  const write = (epoch: number) =>
    leaderOf(db, "work", epoch).write<{ event: string }>(
      (isLeading) =>
        `INSERT INTO central_log (id, event) SELECT gen_random_uuid(), $1::text || $2 WHERE ${isLeading} RETURNING event`,
      ["a", "b"],
    );
  expect(await write(1)).toEqual([]);
  expect(await write(2)).toEqual([{ event: "ab" }]);
});
