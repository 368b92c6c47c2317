/** The work of the leader of manage-action: brings each project to where its request wants it, one step at a time. */

import { sleep } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { isUuid } from "../../src/core/uuid.ts";
import { type Look, openReconciler, type Reconciler } from "../../src/db/reconciler.ts";
import { hasEnded, isReady, isRescue, isTerminating } from "../../src/domain/project-pods/condition-rules.ts";
import { REQUEST_TIME, ticketOf } from "../../src/domain/project-pods/identity.ts";
import { projectsToServe, type ServiceRow, startsUnderWay } from "../../src/domain/starts/service-row.ts";
import type { Pod } from "../../src/kube/types.ts";
import type { Tools } from "./case.ts";
import { clearRemoved } from "./clear-removed.ts";
import { decide, type PodFacts, readRequest, type StartUnderWay } from "./decide.ts";
import { isOver, isThere } from "./is-over.ts";
import { openQuotaWatch } from "./quota-watch.ts";
import { keepStartLimit } from "./start-limit.ts";
import { steps } from "./steps.ts";
import { inTrouble, isAway } from "./trouble.ts";

/** How long the first word of the cluster is awaited before those who want to start are told that it does not answer. */
const FIRST_WORD_MS = 2_000;

export class ActionService {
  readonly #tools: Tools;
  #reconciler: Reconciler | undefined;
  /** Projects with something unfinished: their pods matter to us. */
  readonly #tracked = new Set<string>();

  constructor(parts: Omit<Tools, "giveBackTurn" | "nextInTurn" | "wakeByPod">) {
    const nextInTurn = () => this.#nextInTurn();
    const giveBackTurn = (projectId: string) => {
      parts.turns.release(projectId);
      nextInTurn();
    };
    const wakeByPod = (projectId: string) => void this.#tracked.add(projectId);
    this.#tools = { ...parts, giveBackTurn, nextInTurn, wakeByPod };
  }

  /**
   * Takes up everything unfinished, and then whatever comes; resolves when it serves, or the term is over. A cluster that has not said a
   * word yet keeps nobody from being served: starts are told why they wait, and all are looked at again when it has.
   */
  async open(term: Life): Promise<void> {
    const { db, config, metrics, pods, maker, log } = this.#tools;
    const known = Promise.all([pods.synced, maker.synced]).then(
      () => true,
      () => false, // the reflectors were stopped, and so are we
    );
    await within(FIRST_WORD_MS, term, known);
    while (!term.signal.aborted && !(await this.#resumes())) await sleep(500, term.signal);
    keepStartLimit(term, this.#tools);
    const reconciler = openReconciler(term, {
      name: "manage-action",
      db,
      log,
      metrics: metrics.registry,
      channels: ["projects_action_request", "project_starts_give_up", "projects_users", "projects_quota"],
      isKey: isUuid,
      keys: () => this.#unfinished(),
      reconcile: (projectId, look) => this.#reconcile(projectId, look),
      everySeconds: config.sweepSeconds,
      concurrency: config.concurrency,
    });
    this.#reconciler = reconciler;
    const quotaWatch = openQuotaWatch(term, this.#tools, (projectId) => reconciler.add(projectId));
    await Promise.all([reconciler.opened, quotaWatch.opened]);
    void known.then((isKnown) => {
      if (!isKnown || term.signal.aborted) return;
      void reconciler.sweep();
      void quotaWatch.sweep();
    });
    log.info({ underWay: this.#tracked.size }, "serving requests");
  }

  /** A pod changed: matters while something is under way, and when it comes or goes. Before we serve, the first sweep finds it. */
  onPod(projectId: string, now: Pod | undefined, before: Pod | undefined): void {
    const isNews = now === undefined || before === undefined || (hasEnded(now) && !hasEnded(before));
    // A pod that was made a moment ago and says nothing yet is news to nobody who made it.
    const isOurMaking = now !== undefined && before === undefined && this.#tracked.has(projectId) && saysNothing(now);
    if ((isNews || this.#tracked.has(projectId)) && !isOurMaking) this.#reconciler?.add(projectId);
  }

  /** What a project may have may be more by now. Before we serve, the first sweep finds it. */
  wake(projectId: string): void {
    this.#reconciler?.add(projectId);
  }

  async #resumes(): Promise<boolean> {
    try {
      await this.#resume();
      return true;
    } catch (error) {
      this.#tools.log.warn({ reason: messageOf(error) }, "what is under way cannot be read; trying again");
      return false;
    }
  }

  /** Starts that an earlier leader began keep their turns and their order, and projects the seats that they have. */
  async #resume(): Promise<void> {
    const { db, leader, turns, quotas } = this.#tools;
    await quotas.resume(db, leader);
    for (const { project_id, owner_id, license_id, ticket, applied, reason } of await startsUnderWay(db)) {
      const party = { owner: owner_id ?? project_id, license: license_id };
      this.#tracked.add(project_id);
      if (reason === "queued" && applied === null) turns.wait(project_id, { ...party, ticket });
      else if (reason !== "no_room") turns.hold(project_id, party);
    }
  }

  async #unfinished(): Promise<string[]> {
    const { db, pods, seats } = this.#tools;
    const withPods = pods.projectIds();
    const running = withPods.filter((projectId) => isThere(pods.get(projectId)));
    const projectIds = await projectsToServe(db, { withPods, running });
    this.#nextInTurn();
    return [...projectIds, ...seats.projectIds().filter((projectId) => !isThere(pods.get(projectId)))];
  }

  #nextInTurn(): void {
    const { turns, metrics } = this.#tools;
    for (const projectId of turns.grant()) this.#reconciler?.add(projectId);
    metrics.inFlight.set(turns.held);
    metrics.queued.set(turns.waiting);
  }

  /** A look that fails gives its turn back, unless it is everybody's trouble: then all would only take turns at failing. */
  async #reconcile(projectId: string, look: Look): Promise<number | undefined> {
    try {
      return await this.#look(projectId, look);
    } catch (error) {
      if (!isAway(error)) this.#tools.giveBackTurn(projectId);
      throw error;
    }
  }

  async #look(projectId: string, { log }: Look): Promise<number | undefined> {
    const { records, leader, pods } = this.#tools;
    const row = await records.read(projectId);
    if (row === undefined) return this.#clearRemoved(projectId);
    if (row.epoch !== leader.epoch) return undefined; // another leads by now
    const request = readRequest(row.action_request, row.asked_time);
    const start = startOf(row);
    const pod = pods.get(projectId);
    const step = decide({ request, deleted: row.deleted, start, pod: pod && factsOf(pod) });
    if (!isThere(pod) && start === undefined && step.do !== "create") await this.#release(projectId, row);
    if (request.kind === "open" || start !== undefined) this.#tracked.add(projectId);
    else this.#tracked.delete(projectId);
    const tools = { ...this.#tools, log };
    const one = { projectId, row, request, start, pod, step };
    try {
      return await steps[step.do](tools, one);
    } catch (error) {
      return inTrouble(tools, one, error);
    }
  }

  #clearRemoved(projectId: string): Promise<number | undefined> {
    this.#tracked.delete(projectId);
    return clearRemoved(this.#tools, projectId);
  }

  /** Nothing of the project runs, so it has no seat of a licence and waits for nothing: unless it is not known which pods there are. */
  async #release(projectId: string, { pending_quota }: ServiceRow): Promise<void> {
    const { quotas, records } = this.#tools;
    if (!(await isOver(this.#tools, projectId))) return;
    await quotas.release(projectId);
    if (pending_quota !== null) await records.quota({ projectId, has: null, pending: null });
  }
}

function saysNothing({ spec, status }: Pod): boolean {
  return spec.nodeName === undefined && (status?.conditions ?? []).length === 0;
}

function startOf({ ticket, request_time, give_up, rescue }: ServiceRow): StartUnderWay | undefined {
  if (ticket === null || request_time === null) return undefined;
  return { ticket, requestTime: request_time, giveUp: give_up, rescue: rescue === true };
}

function factsOf(pod: Pod): PodFacts {
  return {
    requestTime: pod.metadata.annotations?.[REQUEST_TIME],
    ticket: ticketOf(pod),
    placed: pod.spec.nodeName !== undefined,
    terminating: isTerminating(pod),
    ended: hasEnded(pod),
    ready: isReady(pod),
    rescue: isRescue(pod),
  };
}

/** Resolves when `awaited` does, after `ms`, or when the term ends. */
async function within(ms: number, term: Life, awaited: Promise<unknown>): Promise<void> {
  const patience = term.child("patience");
  await Promise.race([awaited, sleep(ms, patience.signal)]);
  await patience.stop();
}
