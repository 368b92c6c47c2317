/** What the system tests work with: the site that was deployed, the database and the cluster behind it, and a person who has signed up. */
import { afterAll, test } from "@jest/globals";
import { Life } from "../../src/core/life.ts";
import { openMetrics } from "../../src/core/metrics.ts";
import { Db } from "../../src/db/db.ts";
import { openKube } from "../../src/kube/client.ts";
import { pods } from "../../src/kube/resources.ts";
import type { Kube, Pod } from "../../src/kube/types.ts";
import type { ActionRequest, ProjectState } from "../../src/protocol/project.ts";
import { kubeConfigFor } from "../contract/target.ts";
import { testLog } from "../helpers/log.ts";
import { until } from "../helpers/until.ts";
import { type Cluster, openCluster } from "./cluster.ts";
import type { Kubectl } from "./deploy/deploy.ts";
import { kubectlFor } from "./given-cluster.ts";
import { type Person, signUp } from "./person.ts";
import { readTarget, type Target } from "./target.ts";

export interface World {
  target: Target;
  /** Our own cluster, to be hurt; absent on one that was given to us. */
  cluster: Cluster | undefined;
  db: Db;
  kube: Kube;
  kubectl: Kubectl;
}

/** A row as far as the tests look at it. */
export interface ProjectRow {
  state: ProjectState | null;
  action_request: ActionRequest | null;
}

/** The latest start of a project, as the database keeps it. */
export interface StartRow {
  outcome: string | null;
  reason: string | null;
  message: string | null;
  kubernetes_reason: string | null;
}

/** A test of faults of the cluster itself: only on one of our own; on a given one it is skipped, and counted so. */
export const testOnOwnCluster = readTarget().cluster === undefined ? test.skip : test;

/** Opens all that the tests of one file need, until the last of them has run; to be awaited at the top of the file. */
export async function openTestWorld(): Promise<{ life: Life; world: World; ada: Person }> {
  const life = new Life("system tests");
  afterAll(() => life.stop());
  const world = await openWorld(life);
  return { life, world, ada: await signUp(world.target, "Ada") };
}

async function openWorld(life: Life): Promise<World> {
  const target = readTarget();
  const { namespace, password } = target.site;
  const metrics = openMetrics({ defaults: false });
  const config = {
    ...target.database,
    user: "smc",
    database: "smc",
    password,
    passwordFile: undefined,
    ssl: "disable" as const,
    poolSize: 4,
    leaderSilenceSeconds: 10,
  };
  const cluster = target.cluster === undefined ? undefined : await openCluster(target.cluster);
  return {
    target,
    cluster,
    db: new Db(life, { config, log: testLog(), metrics, applicationName: "system tests" }),
    kube: await openKube(life, { config: { ...kubeConfigFor(target.kubeconfig), namespace }, log: testLog(), metrics }),
    kubectl: cluster?.kubectl ?? kubectlFor(target.kubeconfig),
  };
}

export async function projectRow({ db }: World, projectId: string): Promise<ProjectRow> {
  const [row] = await db.query<ProjectRow>("SELECT state, action_request FROM projects WHERE project_id = $1", [
    projectId,
  ]);
  if (row === undefined) throw new Error(`there is no project ${projectId}`);
  return row;
}

/** Waits until the project's row says this state. A database that is away for a moment is waited for. */
export async function inState(world: World, projectId: string, state: ProjectState["state"], timeoutMs = 120_000) {
  return until(
    async () => {
      const row = await whileAway(projectRow(world, projectId));
      return row?.state?.state === state && row.state;
    },
    { timeoutMs, everyMs: 100, what: `${projectId} is ${state}` },
  );
}

/** Waits until the rows of all these projects say this state, looking at all of them at once. */
export async function allInState(world: World, projectIds: string[], state: ProjectState["state"], timeoutMs: number) {
  const sql = "SELECT count(*)::int AS count FROM projects WHERE project_id = ANY($1::uuid[]) AND state->>'state' = $2";
  await until(
    async () => {
      const rows = await whileAway(world.db.query<{ count: number }>(sql, [projectIds, state]));
      return rows?.[0]?.count === projectIds.length;
    },
    { timeoutMs, everyMs: 500, what: `${projectIds.length} projects are ${state}` },
  );
}

/** Undefined for an answer that the database, or the site for want of it, could not give just now. */
async function whileAway<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof Error && Reflect.get(error, "code") === "unavailable") return undefined;
    throw error;
  });
}

/** Asks again as the words of `unavailable` say, since nothing was done then: a database that has just come back, and is busy, answers late. */
export async function onceItCan<T>(ask: () => Promise<T>): Promise<T> {
  const { answer } = await until(() => whileAway(ask().then((answer) => ({ answer }))), {
    timeoutMs: 120_000,
    everyMs: 1_000,
    what: "the site answers",
  });
  return answer;
}

const LATEST_START = `SELECT outcome, reason, message, kubernetes_reason FROM project_starts
  WHERE project_id = $1 ORDER BY ticket DESC LIMIT 1`;

/** The latest start as it is now. */
export async function latestStart({ db }: World, projectId: string): Promise<StartRow | undefined> {
  return (await onceItCan(() => db.query<StartRow>(LATEST_START, [projectId])))[0];
}

/** Waits until the latest start has ended, one way or the other. */
export function startEnded(world: World, projectId: string, timeoutMs = 180_000): Promise<StartRow> {
  return until(
    async () => {
      const start = await latestStart(world, projectId);
      return start !== undefined && start.outcome !== null && start;
    },
    { timeoutMs, everyMs: 100, what: `the start of ${projectId} has ended` },
  );
}

/** The project's pod, if there is one. */
export async function podOf({ kube }: World, projectId: string): Promise<Pod | undefined> {
  const { items } = await kube.list(pods, { labelSelector: `project_id=${projectId}` });
  return items[0];
}

/** Closes all nodes of our own cluster to new pods, or opens them again. */
export async function eachNode(world: World, verb: "cordon" | "uncordon"): Promise<void> {
  for (const { name } of (await world.cluster?.nodes()) ?? []) {
    await world.kubectl([verb, name]);
  }
}

/** Does something while this node alone takes pods. */
export async function withOnlyNode<T>(world: World, node: { name: string }, act: () => Promise<T>): Promise<T> {
  await eachNode(world, "cordon");
  try {
    await world.kubectl(["uncordon", node.name]);
    return await act();
  } finally {
    await eachNode(world, "uncordon");
  }
}

/** Checks again and again for so long. */
export async function throughout(durationMs: number, check: () => Promise<void>): Promise<void> {
  const end = Date.now() + durationMs;
  await until(
    async () => {
      await check();
      return Date.now() > end;
    },
    { timeoutMs: durationMs + 30_000, everyMs: 2_000 },
  );
}
