/** Pool, listener and leadership live through whatever befalls their connections, and none of them needs a restart afterwards. */

import { test } from "@jest/globals";
import { outliveDatabaseFault, QUICK, type Wire } from "../../faults/database.ts";
import { type Fault, faultsOf } from "../../faults/fault.ts";
import { testLives } from "../../helpers/life.ts";
import { openTestDb } from "../../helpers/postgres.ts";

const newLife = testLives();

const betweenMs = [1_000, 2_000] as const;
const rounds: (Fault & { wire: Wire })[] = [
  ...faultsOf(betweenMs).map((fault) => ({ ...fault, wire: "plain" as const })),
  { kind: "corruption", seed: 7, betweenMs, wire: "TLS" },
];

test.each(rounds)(
  "pool, listener and leadership go on after $kind ($wire, seed $seed)",
  async ({ wire, ...fault }) => {
    const life = newLife();
    const site = { direct: await openTestDb(life), wire, timeouts: QUICK };
    await outliveDatabaseFault(life, site, fault);
  },
  120_000,
);
