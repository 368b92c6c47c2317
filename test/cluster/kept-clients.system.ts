/**
 * Faults of ten seconds to a minute on the ways to PostgreSQL, to projects' servers and to SMTP: what is kept open outlives each of them. Nothing of
 * it needs the cluster; it stands in this ring because it takes so long, and all of it side by side.
 */
import { afterAll, expect, test } from "@jest/globals";
import { messageOf } from "../../src/core/errors.ts";
import { Life } from "../../src/core/life.ts";
import { outliveDatabaseFault } from "../faults/database.ts";
import { type Fault, faultsOf } from "../faults/fault.ts";
import { openHubProxySite, outliveHubProxyFault } from "../faults/hub-proxy.ts";
import { openMailSite, outliveMailFault } from "../faults/mail.ts";
import { outliveProjectServerFault } from "../faults/project-server.ts";
import { testLives } from "../helpers/life.ts";
import { openTestDb } from "../helpers/postgres.ts";
import { startTestServer } from "../helpers/test-server.ts";
import { openProject } from "../integration/project-servers/site.ts";

/** The shorter end before the patience of most clients with a connection, the longer after it. */
const BETWEEN_MS = [10_000, 60_000] as const;

const newLife = testLives();
const serverLife = new Life("PostgreSQL");
await startTestServer(serverLife);
afterAll(async () => {
  expect(await serverLife.stop()).toEqual([]);
});

interface Round {
  client: string;
  fault: Fault;
  outlive: () => Promise<void>;
}

async function openDatabaseRounds(): Promise<Round[]> {
  return oneByOne(faultsOf(BETWEEN_MS, 100), async (fault) => {
    const life = newLife();
    const direct = await openTestDb(life);
    const outlive = () => outliveDatabaseFault(life, { direct, wire: "plain" }, fault);
    return { client: "pool, listener and leadership", fault, outlive };
  });
}

/** Each asks the same server, by a faulty way of its own. */
async function openProjectServerRounds(): Promise<Round[]> {
  const project = await openProject(newLife());
  return faultsOf(BETWEEN_MS, 200).map((fault) => {
    const outlive = () => outliveProjectServerFault(newLife(), project, fault);
    return { client: "who asks a project's server", fault, outlive };
  });
}

async function openHubProxyRounds(): Promise<Round[]> {
  const db = await openTestDb(newLife());
  return oneByOne(faultsOf(BETWEEN_MS, 300), async (fault) => {
    const life = newLife();
    const site = await openHubProxySite(life, db);
    return { client: "hub-proxy", fault, outlive: () => outliveHubProxyFault(life, site, fault) };
  });
}

async function openMailRounds(): Promise<Round[]> {
  return oneByOne(faultsOf(BETWEEN_MS, 400), async (fault) => {
    const site = await openMailSite(newLife());
    return { client: "the outbox", fault, outlive: () => outliveMailFault(site, fault) };
  });
}

/** What was opened for each fault: one after the other, since what is opened at once has all wait for one database. */
async function oneByOne(faults: Fault[], open: (fault: Fault) => Promise<Round>): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const fault of faults) rounds.push(await open(fault));
  return rounds;
}

/** What is wrong with a client after a fault, with all that is needed to see it again. */
async function problemsOf({ client, fault, outlive }: Round): Promise<string[]> {
  const { kind, seed, betweenMs } = fault;
  try {
    await outlive();
    return [];
  } catch (error) {
    return [`${client} after ${kind} of ${betweenMs.join(" to ")} ms (seed ${seed}): ${messageOf(error)}`];
  }
}

test("clients of PostgreSQL, projects' servers and SMTP go on after every kind of fault, each of 10 to 60 s", async () => {
  const openers = [openDatabaseRounds, openProjectServerRounds, openHubProxyRounds, openMailRounds];
  const rounds: Round[] = [];
  for (const open of openers) rounds.push(...(await open()));
  expect((await Promise.all(rounds.map(problemsOf))).flat()).toEqual([]);
});
