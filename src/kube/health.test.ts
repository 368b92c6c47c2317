import { expect, test } from "@jest/globals";
import { testLives } from "../../test/helpers/life.ts";
import { keptLog } from "../../test/helpers/log.ts";
import { until } from "../../test/helpers/until.ts";
import { ClientHealth } from "./health.ts";
import { Reach } from "./reach.ts";

const newLife = testLives();

/** A client whose ways to the server are open or not, as a test says. */
function openHealth(ways: { kept: boolean; fresh: boolean }) {
  const reach = new Reach();
  const tries = { kept: 0, fresh: 0 };
  const take = async (way: "kept" | "fresh") => {
    const startedAt = performance.now();
    tries[way] += 1;
    if (way === "kept") ways.kept ? reach.heard() : reach.failed(startedAt);
    if (!ways[way]) throw new Error("a test wants it so");
  };
  const cache = { resource: "pods", age: 3_000, ageMs: () => cache.age };
  const health = new ClientHealth(newLife(), {
    reach,
    caches: new Set([cache]),
    ask: () => take("kept"),
    askAnew: () => take("fresh"),
    patienceMs: 40,
    log: keptLog().log,
  });
  return { health, cache, tries };
}

test("a kept client that fails where a fresh connection succeeds is stuck, until it is reached again", async () => {
  const ways = { kept: false, fresh: true };
  const { health } = openHealth(ways);
  await until(() => health.stuck());
  expect(health.stuck()).toMatch(/restart this process/);
  ways.kept = true;
  await until(() => health.stuck() === undefined && health.unfit() === undefined);
});

test("while the server is away the client is unfit to lead by, and nobody is restarted", async () => {
  const ways = { kept: false, fresh: false };
  const { health, tries } = openHealth(ways);
  await until(() => health.unfit());
  await until(() => tries.fresh > 3);
  expect(health.stuck()).toBeUndefined();
  expect(health.unfit()).toMatch(/has not been reached/);
});

test("the server is asked also where nobody else asks, and who has an old cache for another reason is fit", async () => {
  const { health, tries } = openHealth({ kept: true, fresh: true });
  await until(() => tries.kept > 3);
  expect(health.unfit()).toBeUndefined();
});

test("a cache that nobody feeds is told as old, and its age in any case", () => {
  const { health, cache } = openHealth({ kept: true, fresh: true });
  expect(health.ages()).toBe("the cache of pods was confirmed 3 s ago");
  expect(health.old()).toBeUndefined();
  cache.age = 500_000;
  expect(health.old()).toMatch(/^the cache of pods was confirmed 500 s ago; /);
});
