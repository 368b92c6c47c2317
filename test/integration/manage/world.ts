/** A database and an embedded cluster with the two ConfigMaps, in which the manage roles are started as processes would start them. */

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { RoleName } from "../../../roles/names.ts";
import { startRoles } from "../../../src/boot/start-roles.ts";
import { isAppError } from "../../../src/core/errors.ts";
import type { Life } from "../../../src/core/life.ts";
import type { Metrics } from "../../../src/core/metrics.ts";
import type { DbConfig } from "../../../src/db/config.ts";
import type { Db } from "../../../src/db/db.ts";
import { podName } from "../../../src/domain/project-pods/identity.ts";
import { requestAction } from "../../../src/domain/projects/action-request.ts";
import { LatestStarts } from "../../../src/domain/starts/latest-start.ts";
import { configMaps, pods } from "../../../src/kube/resources.ts";
import type { Kube, Pod } from "../../../src/kube/types.ts";
import { openKubeApi } from "../../../src/local/kube-api/kube-api.ts";
import { openKubelet } from "../../../src/local/kubelet/kubelet.ts";
import type { Serving } from "../../../src/net/serve/serve.ts";
import type { ActionRequest, ProjectAction, ProjectState } from "../../../src/protocol/project.ts";
import { openWire, type Wire } from "../../contract/wire.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { openTestKube } from "../../helpers/kube.ts";
import { testLog } from "../../helpers/log.ts";
import { databaseEnv, openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";

export interface WorldOptions {
  /** With it pods run, as processes: a shell script in the place of the project's server. */
  script?: string;
  /** Of the pod's container. */
  container?: object;
  /** Memory of the one node. */
  memoryBytes?: number;
  /** Things that are counted whole, such as GPUs, of the one node. */
  extended?: Record<string, number>;
}

const IMAGE = "localhost/shell";

/** How the row of a project stands. */
export interface ProjectRow {
  state: ProjectState | null;
  action_request: ActionRequest | null;
  run_quota: Record<string, unknown> | null;
  last_started: Date | null;
}

export class World {
  readonly db: Db & { config: DbConfig };
  readonly kube: Kube;
  readonly wire: Wire;
  readonly env: Record<string, string>;
  readonly starts: LatestStarts;

  constructor(parts: { db: Db & { config: DbConfig }; kube: Kube; wire: Wire; env: Record<string, string> }) {
    this.db = parts.db;
    this.kube = parts.kube;
    this.wire = parts.wire;
    this.env = parts.env;
    this.starts = new LatestStarts(parts.db);
  }

  static async open(
    life: Life,
    { script, container = {}, memoryBytes, extended = {} }: WorldOptions = {},
  ): Promise<World> {
    const folder = await temporaryFolder(life);
    const db = await openTestDb(life);
    const log = testLog();
    const api = await openKubeApi(life, { dataDir: join(folder, "api"), namespace: "test", log });
    if (script !== undefined) {
      const images = new Map([[IMAGE, { command: ["/bin/sh", "-c", script] }]]);
      const dirs = { dataDir: join(folder, "kubelet"), claimsDir: join(folder, "volumes") };
      const capacity = { ...(memoryBytes !== undefined && { memoryBytes }), extended };
      await openKubelet(life, { api, ...dirs, images, log, capacity, backoffMs: 50 });
    }
    const kube = await openTestKube(life, api);
    const env = {
      ...databaseEnv(db.config),
      KUBECONFIG: api.kubeconfig,
      COCALC_NAMESPACE: api.namespace,
      ADMIN_HOST: "127.0.0.1",
      ADMIN_PORT: "0",
    };
    const world = new World({ db, kube, wire: await openWire(life, api.kubeconfig), env });
    await world.putTemplate(container);
    const environment = { title: "Shell", tag: "1", registry: IMAGE };
    await world.putConfigMap("project-image", {
      "software.json": JSON.stringify({ default: "shell", environments: { shell: environment } }),
    });
    return world;
  }

  /** Starts roles on a life of their own, with connections of their own, as another process. */
  async startRoles(
    life: Life,
    names: RoleName[],
    env: Record<string, string> = {},
  ): Promise<{ metrics: Metrics; admin: Serving }> {
    const { admin, parts } = await startRoles(life, { names, env: { ...this.env, ...env }, log: testLog() });
    return { metrics: parts.metrics, admin };
  }

  async putConfigMap(name: string, data: Record<string, string>): Promise<void> {
    await this.kube.apply(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
  }

  async putTemplate(container: object = {}): Promise<void> {
    const main = { name: "project", image: "{PROJECT_IMAGE}", imagePullPolicy: "IfNotPresent", ...container };
    const spec = { terminationGracePeriodSeconds: 3, containers: [main] };
    await this.putConfigMap("project-pod", { "project.json": JSON.stringify({ apiVersion: "v1", kind: "Pod", spec }) });
  }

  async createProject(owner: string = randomUUID()): Promise<string> {
    const projectId = randomUUID();
    await this.db.execute("INSERT INTO projects (project_id, title, users) VALUES ($1, 'Test', $2)", [
      projectId,
      JSON.stringify({ [owner]: { group: "owner" } }),
    ]);
    return projectId;
  }

  ask(projectId: string, action: ProjectAction): Promise<{ time: string }> {
    return requestAction(this.db, { projectId, action });
  }

  async row(projectId: string): Promise<ProjectRow> {
    const [row] = await this.db.query<ProjectRow>(
      "SELECT state, action_request, run_quota, last_started FROM projects WHERE project_id = $1",
      [projectId],
    );
    if (row === undefined) throw new Error(`no project ${projectId}`);
    return row;
  }

  start(projectId: string) {
    return this.starts.of(projectId);
  }

  pod(projectId: string): Promise<Pod | undefined> {
    return this.kube.get(pods, podName(projectId)).catch((error: unknown) => {
      if (!isAppError(error, "not_found")) throw error;
      return undefined;
    });
  }

  async allPods(): Promise<Pod[]> {
    return (await this.kube.list(pods, { labelSelector: "run=project" })).items;
  }

  untilPod(projectId: string): Promise<Pod> {
    return until(() => this.pod(projectId), { what: `project ${projectId} has a pod` });
  }

  untilFinished(projectId: string, { timeoutMs = 30_000 } = {}): Promise<ActionRequest> {
    return until(
      async () => {
        const { action_request } = await this.row(projectId);
        return action_request?.finished !== undefined && action_request;
      },
      { what: `the request of project ${projectId} is finished`, timeoutMs },
    );
  }

  untilState(projectId: string, state: string, { timeoutMs = 30_000 } = {}): Promise<ProjectState> {
    return until(
      async () => {
        const row = await this.row(projectId);
        return row.state?.state === state && row.state;
      },
      { what: `project ${projectId} is ${state}`, timeoutMs },
    );
  }

  /** Until a statement waits for another transaction. */
  async untilBlocked(): Promise<void> {
    const blocked = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    await until(async () => (await this.db.query(blocked)).length > 0, { what: "a statement is blocked" });
  }

  /** Where no kubelet is: says of a pod what a kubelet would. */
  async tell(projectId: string, status: object): Promise<void> {
    const path = `/api/v1/namespaces/${this.kube.namespace}/pods/${podName(projectId)}/status`;
    const answer = await this.wire.send("PATCH", path, {
      body: { status },
      contentType: "application/merge-patch+json",
    });
    if (answer.status !== 200) throw new Error(answer.text);
  }
}

/** Status of a pod that is ready. */
export function readyStatus(ip = "192.0.2.7", since = new Date()): object {
  const time = since.toISOString();
  const conditions = ["PodScheduled", "Ready"].map((type) => ({ type, status: "True", lastTransitionTime: time }));
  const containerStatuses = [
    { name: "project", ready: true, restartCount: 0, state: { running: { startedAt: time } } },
  ];
  return { phase: "Running", podIP: ip, conditions, containerStatuses };
}
