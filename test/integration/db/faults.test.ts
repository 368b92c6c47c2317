/** Pool, listener and leadership live through whatever befalls their connections, and none of them needs a restart afterwards. */

import { expect, test } from "@jest/globals";
import { outliveDatabaseFault, QUICK, type Wire } from "../../faults/database.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { type FaultKind, faultKinds } from "../../helpers/tcp-proxy.ts";

const newLife = testLives();

const rounds: [FaultKind, Wire, number][] = [
  ...faultKinds.map((kind, seed) => [kind, "plain", seed] as [FaultKind, Wire, number]),
  ["corruption", "TLS", 7],
];

test.each(rounds)(
  "pool, listener and leadership go on after %s (%s, seed %d)",
  async (kind, wire, seed) => {
    const life = newLife();
    const site = { direct: await openTestDb(life), timeouts: QUICK };
    const { lost } = await outliveDatabaseFault(life, { ...site, kind, wire, seed, betweenMs: [1_000, 2_000] });
    if (kind !== "delay") expect(lost).toBeGreaterThan(0);
  },
  120_000,
);
