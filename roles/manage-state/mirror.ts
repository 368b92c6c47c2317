/** The work of the leader of manage-state: what the cluster says of a project's pod goes into the project's row. */

import { Batches } from "../../src/core/batches.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import type { Db } from "../../src/db/db.ts";
import type { Leader } from "../../src/db/leader.ts";
import { type Look, openReconciler, type Reconciler } from "../../src/db/reconciler.ts";
import { isReady, isTerminating } from "../../src/domain/project-pods/condition-rules.ts";
import type { Explanation } from "../../src/domain/project-pods/explanation-rules.ts";
import { ticketOf } from "../../src/domain/project-pods/identity.ts";
import type { PodEvents } from "../../src/domain/project-pods/pod-events.ts";
import type { ProjectPods } from "../../src/domain/project-pods/project-pods.ts";
import { explainPod, nodeDead } from "../../src/domain/project-pods/reasons.ts";
import {
  isNodeGone,
  LOST_LABELS,
  phasesOf,
  type StateFacts,
  stateOfPod,
  stateWithoutPod,
  stateWithUnseenPod,
  terminationLeftMs,
} from "../../src/domain/project-pods/rules.ts";
import type { ProjectServers } from "../../src/domain/project-servers/project-servers.ts";
import { stateOf, statesToCompare, writeStates } from "../../src/domain/projects/state.ts";
import { type PodProgress, type Trace, writeProgress } from "../../src/domain/starts/progress.ts";
import type { Pod } from "../../src/kube/types.ts";
import type { ManageStateConfig } from "./config.ts";
import { MemoryEnds } from "./memory-ends.ts";
import type { StateMetrics } from "./metrics.ts";

export interface MirrorParts {
  db: Db;
  log: Logger;
  leader: Leader;
  config: ManageStateConfig;
  metrics: StateMetrics;
  pods: ProjectPods;
  events: PodEvents;
  servers: ProjectServers;
}

/** A pod that does not end is looked at again after so long. */
const OVERDUE_LOOK_MS = 10_000;
/** So is one that our watch does not see: nothing tells when it is gone. */
const UNSEEN_LOOK_MS = 2_000;
const AT_ONCE = 0;

export class StateMirror {
  readonly #parts: MirrorParts;
  readonly #reconciler: Reconciler;
  readonly #memoryEnds: MemoryEnds;
  readonly #states: Batches<{ projectId: string; facts: StateFacts }, boolean>;
  readonly #progress: Batches<PodProgress, Trace | undefined>;
  /** By project: the ready pod, in the version that its start has been told of. Thousands run, and each comparison meets them all. */
  readonly #settled = new Map<string, string>();

  constructor(term: Life, parts: MirrorParts) {
    this.#parts = parts;
    const { leader } = parts;
    this.#memoryEnds = new MemoryEnds(term, parts);
    this.#states = new Batches({ max: 100, parallel: 2, run: (states) => writeStates(leader, states) });
    this.#progress = new Batches({ max: 100, parallel: 2, run: (pods) => writeProgress(leader, pods) });
    this.#reconciler = openReconciler(term, {
      name: "manage-state",
      db: parts.db,
      log: parts.log,
      metrics: parts.metrics.registry,
      channels: [],
      keys: () => this.#toCompare(),
      reconcile: (projectId, look) => this.#mirror(projectId, look),
      everySeconds: parts.config.compareSeconds,
      concurrency: parts.config.concurrency,
    });
  }

  look(projectId: string): void {
    this.#reconciler.add(projectId);
  }

  /** Looks at every project that has a pod or says so. */
  compare(): Promise<void> {
    return this.#reconciler.sweep();
  }

  async #toCompare(): Promise<Set<string>> {
    const { db, pods } = this.#parts;
    const withPods = new Set(pods.projectIds());
    const known = await statesToCompare(db, [...withPods]);
    const missing = known.map(({ project_id }) => project_id).filter((projectId) => !withPods.has(projectId));
    return new Set([...missing, ...withPods]); // of those without a pod something has to be written
  }

  async #mirror(projectId: string, { log }: Look): Promise<number | undefined> {
    const { pods } = this.#parts;
    const pod = pods.get(projectId);
    return pod === undefined ? this.#mirrorAbsence(projectId, log) : this.#mirrorPod(projectId, pod);
  }

  async #mirrorAbsence(projectId: string, log: Logger): Promise<number | undefined> {
    const { db, pods } = this.#parts;
    if (!pods.isSynced) return undefined; // it may have one: all are compared once that is known
    this.#settled.delete(projectId);
    this.#memoryEnds.forget(projectId);
    const before = await stateOf(db, projectId);
    const facts = stateWithoutPod(before);
    if (facts === undefined) return undefined;
    const unseen = before.state === "stopping" ? undefined : await pods.look(projectId);
    if (pods.get(projectId) !== undefined) return AT_ONCE;
    await this.#write(projectId, unseen === undefined ? facts : stateWithUnseenPod());
    if (unseen === undefined) return undefined;
    if (before.error !== LOST_LABELS) this.#tellUnseen(unseen, log);
    return UNSEEN_LOOK_MS;
  }

  /** It did not end: somebody took from it the labels by which the watch finds it. */
  #tellUnseen({ metadata }: Pod, log: Logger): void {
    const { metrics } = this.#parts;
    log.warn({ pod: metadata.name }, "a project's pod is there without the labels by which it is known");
    metrics.unseen.inc();
  }

  async #mirrorPod(projectId: string, pod: Pod): Promise<number | undefined> {
    const overdue = await this.#overdue(pod);
    const why = overdue ?? explainPod(pod, this.#parts.events.of(pod.metadata.uid ?? ""));
    await this.#write(projectId, stateOfPod(pod, why));
    if (!isTerminating(pod)) return this.#mirrorStart(projectId, pod, why);
    return overdue === undefined ? Math.max(terminationLeftMs(pod, Date.now()), 100) : OVERDUE_LOOK_MS;
  }

  /** Tells the start how far its pod is. */
  async #mirrorStart(projectId: string, pod: Pod, why: Explanation | undefined): Promise<undefined> {
    const { events, metrics } = this.#parts;
    const { uid: podUid = "", resourceVersion } = pod.metadata;
    const version = `${podUid} ${resourceVersion}`;
    if (this.#settled.get(projectId) === version) return undefined;
    const phases = phasesOf(pod, events.of(podUid), new Date());
    const node = pod.spec.nodeName;
    const trace = await this.#progress.ask({ projectId, podUid, ticket: ticketOf(pod), phases, node, why });
    if (trace !== undefined) metrics.observe(trace);
    await this.#memoryEnds.look(projectId, pod, { isNews: trace !== undefined });
    if (isReady(pod)) this.#settled.set(projectId, version);
    return undefined;
  }

  async #write(projectId: string, facts: StateFacts): Promise<void> {
    if (await this.#states.ask({ projectId, facts })) this.#parts.metrics.writes.inc({ state: facts.state });
  }

  /** A pod that should long be gone: its node does not answer. */
  async #overdue(pod: Pod): Promise<Explanation | undefined> {
    if (terminationLeftMs(pod, Date.now()) > 0) return undefined;
    const node = await this.#parts.pods.nodeOf(pod);
    return isNodeGone(node) ? undefined : nodeDead(pod);
  }
}
