/** What the system tests work with: people over HTTP, projects in pods, the database and the cluster behind them. */
import { randomBytes } from "node:crypto";
import { io, type Socket } from "socket.io-client";
import { AppError } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { openMetrics } from "../../src/core/metrics.ts";
import { Db } from "../../src/db/db.ts";
import { openKube } from "../../src/kube/client.ts";
import { pods } from "../../src/kube/resources.ts";
import type { Kube, Pod } from "../../src/kube/types.ts";
import type { ActionRequest, ProjectState } from "../../src/protocol/project.ts";
import type { ProjectAnswer, ProjectEvents, ProjectRequestName } from "../../src/protocol/project-server.ts";
import { kubeConfigFor } from "../contract/target.ts";
import { Browser, PASSWORD } from "../helpers/hub-next.ts";
import { testLog } from "../helpers/log.ts";
import { until } from "../helpers/until.ts";
import { type Cluster, openCluster } from "./cluster.ts";
import type { Kubectl } from "./deploy/deploy.ts";
import { kubectlFor } from "./given-cluster.ts";
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

export async function openWorld(life: Life): Promise<World> {
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

/** A person who has just signed up over HTTP. */
export interface Person extends Browser {
  email: string;
}

export async function signUp({ target }: World, firstName: string): Promise<Person> {
  const browser = new Browser(target.origin);
  const email = `${randomBytes(6).toString("hex")}@example.org`;
  await browser.call("auth/sign-up", { email, password: PASSWORD, firstName, lastName: "Example" });
  return Object.assign(browser, { email });
}

/** Makes a project and asks for its start. */
export async function startProject(person: Person, options: { title?: string; image?: string } = {}): Promise<string> {
  const { project_id } = await person.call("projects/create", { title: "A project", ...options });
  await person.call("projects/start", { project_id });
  return project_id;
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

/** Undefined for an answer that the database could not give just now. */
async function whileAway<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof AppError && error.code === "unavailable") return undefined;
    throw error;
  });
}

/** Waits until the latest start has ended, one way or the other. */
export function startEnded({ db }: World, projectId: string, timeoutMs = 180_000): Promise<StartRow> {
  const sql =
    "SELECT outcome, reason, message, kubernetes_reason FROM project_starts WHERE project_id = $1 ORDER BY ticket DESC LIMIT 1";
  return until(
    async () => {
      const [start] = await db.query<StartRow>(sql, [projectId]);
      return start !== undefined && start.outcome !== null && start;
    },
    { timeoutMs, everyMs: 100, what: `the start of ${projectId} has ended` },
  );
}

/** The latest start as it is now. */
export async function latestStart({ db }: World, projectId: string): Promise<StartRow | undefined> {
  const sql =
    "SELECT outcome, reason, message, kubernetes_reason FROM project_starts WHERE project_id = $1 ORDER BY ticket DESC LIMIT 1";
  return (await db.query<StartRow>(sql, [projectId]))[0];
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

/** A socket to a project's own server, through the ingress and hub-proxy, with requests as promises. */
export interface ProjectSocket {
  socket: Socket<ProjectEvents, Record<string, (...args: unknown[]) => void>>;
  ask<N extends ProjectRequestName>(name: N, input: object): Promise<ProjectAnswer<N> & { ok: true }>;
}

export async function openProject(life: Life, person: Person, projectId: string): Promise<ProjectSocket> {
  const socket: ProjectSocket["socket"] = io(person.base, {
    path: `/${projectId}/api/socket`,
    transports: ["websocket"],
    forceNew: true,
    extraHeaders: { Cookie: person.cookie ?? "", Origin: person.base },
  });
  life.defer("project socket", () => void socket.disconnect());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("hello", () => resolve());
  socket.once("connect_error", reject);
  await promise;
  return {
    socket,
    ask: async (name, input) => {
      const answer: ProjectAnswer<typeof name> = await socket.timeout(20_000).emitWithAck(name, input);
      if (!answer.ok) throw new Error(`${name}: ${answer.code}: ${answer.error}`);
      return answer as typeof answer & { ok: true }; // just looked at
    },
  };
}

/** Runs a script in the project through its own server, as its page would. */
export async function runScript(person: Person, projectId: string, script: string): Promise<string> {
  const response = await person.fetch(`/${projectId}/api/exec`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: person.base },
    body: JSON.stringify({ command: script, bash: true, timeoutSeconds: 30 }),
  });
  const answer = (await response.json()) as { stdout?: string; error?: string }; // ExecAnswer or an error
  if (answer.stdout === undefined) throw new Error(`exec answered ${response.status}: ${answer.error}`);
  return answer.stdout;
}
