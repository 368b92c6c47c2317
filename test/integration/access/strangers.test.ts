/** A flood of strangers' random cookies and keys through the hubs: what it costs the database, and who is served beside it. */

import { randomBytes } from "node:crypto";
import { expect, test } from "@jest/globals";
import type { Life } from "../../../src/core/life.ts";
import { testLives } from "../../helpers/life.ts";
import { newPerson, newProject } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startRole } from "../../helpers/roles.ts";

const newLife = testLives();
/** What is looked up of one network at once, and in each further second. */
const BURST = 2_000;
const PER_SECOND = 50;
const AT_ONCE = 100;

/** A database whose questions about sessions and keys are counted. */
async function openCounted(life: Life) {
  const db = await openTestDb(life);
  const asked = { count: 0 };
  const query = db.query.bind(db);
  db.query = ((text: string, values?: unknown[]) => {
    if (/remember_me|api_keys/.test(text)) asked.count += 1;
    return query(text, values);
  }) as typeof db.query; // takes and gives what it did
  return { db, asked };
}

const random = () => randomBytes(32).toString("base64url");

test.each(["hub-proxy", "hub-next"] as const)(
  "strangers' random cookies cost %s a look-up each: beyond the network's budget they cost none, and members are served",
  async (role) => {
    const life = newLife();
    const { db, asked } = await openCounted(life);
    const member = await newPerson(db);
    const projectId = await newProject(db, [[member, "owner"]]);
    const origin = await startRole(life, role, { db });
    const visit = async (cookie: string) => {
      const response =
        role === "hub-proxy"
          ? await fetch(`${origin}/${projectId}/api/status`, { headers: { cookie } })
          : await fetch(`${origin}/api/v2/projects/get-one`, {
              method: "POST",
              headers: { cookie, "content-type": "application/json" },
              body: JSON.stringify({ project_id: projectId }),
            });
      const { code = "served" } = (await response.json()) as { code?: string }; // an answer of an API, or its error
      return code;
    };
    const served = await visit(member.cookie);
    asked.count = 0;
    const began = performance.now();
    const outcomes: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      const visits = Array.from({ length: AT_ONCE }, () => visit(`remember_me=${random()}`));
      outcomes.push(...(await Promise.all(visits)));
    }
    const seconds = (performance.now() - began) / 1_000;
    expect(asked.count).toBeLessThanOrEqual(BURST + PER_SECOND * (seconds + 1));
    expect(asked.count).toBeGreaterThanOrEqual(BURST); // else it is not they who were counted
    // All who were not looked up are refused; a word of the database that comes meanwhile has one looked up twice.
    expect(outcomes.filter((code) => code === "rate_limited").length).toBeGreaterThanOrEqual(
      outcomes.length - asked.count,
    );
    expect(await visit(member.cookie)).toBe(served);
  },
);
