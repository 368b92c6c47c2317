/**
 * Writes down that a project's container was ended for want of memory. Once a project's server is there it is asked which process that was, and which
 * programs were killed while nobody was there to be told.
 */

import { Batches } from "../../src/core/batches.ts";
import { isAppError, messageOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import { WorkQueue } from "../../src/core/work-queue.ts";
import type { Db } from "../../src/db/db.ts";
import type { Leader } from "../../src/db/leader.ts";
import { conditionTime } from "../../src/domain/project-pods/condition-rules.ts";
import { mainStatus } from "../../src/domain/project-pods/container-rules.ts";
import { memoryLimitOf, outOfMemoryEnd } from "../../src/domain/project-pods/memory-rules.ts";
import { onNobodysBehalf } from "../../src/domain/project-servers/assertions.ts";
import type { ProjectServers } from "../../src/domain/project-servers/project-servers.ts";
import {
  logEndedContainer,
  logKilledProgram,
  tellEnd,
  type UntoldEnd,
  untoldEnds,
} from "../../src/domain/projects/out-of-memory.ts";
import type { Pod } from "../../src/kube/types.ts";
import { type KilledProgram, memoryHistory, type OutOfMemory } from "../../src/protocol/project-status.ts";

interface Parts {
  db: Db;
  log: Logger;
  leader: Leader;
  servers: ProjectServers;
}

/** Servers that hang keep only each other waiting. */
const ASKED_AT_ONCE = 32;
/** So long a server that gives no answer is asked again and again, also by the next leader; then at the project's next start. */
const ASKED_AGAIN_MS = 5 * 60_000;
const NONE_YET = "";
const NOBODY_KNOWS = { process: null, used: null };

interface History {
  end: Pick<OutOfMemory, "process" | "used"> | null;
  killed: readonly KilledProgram[];
}

/** Where a project's server may be asked, and since when. */
interface Ready {
  ip: string;
  sinceMs: number;
}

interface Asking extends Ready {
  end: UntoldEnd | undefined;
  signal: AbortSignal;
}

export class MemoryEnds {
  readonly #parts: Parts;
  /** By project: the last end that is written down. */
  readonly #written = new Map<string, string>();
  readonly #untold: Batches<string, UntoldEnd | undefined>;
  /** Of projects whose servers are to be asked. */
  readonly #asking: WorkQueue;
  readonly #ready = new Map<string, Ready>();
  /** By project: in which run of its container the server was asked, or need not be; NONE_YET since it was looked at before it was ready. */
  readonly #asked = new Map<string, string>();

  constructor(term: Life, parts: Parts) {
    this.#parts = parts;
    this.#untold = new Batches({ max: 500, parallel: 2, run: (projectIds) => untoldEnds(parts.db, projectIds) });
    this.#asking = new WorkQueue(term, {
      concurrency: ASKED_AT_ONCE,
      reconcile: (projectId, signal) => this.#ask(projectId, signal),
      onError: (projectId, error) =>
        parts.log.info({ projectId, reason: messageOf(error) }, "what ran out of memory is asked again"),
      maxRetryMs: 60_000,
    });
  }

  /**
   * Looks at a pod that has changed. Its server is asked once in each run of its container, when it is ready. `isNews`: nobody knew yet that it is
   * as far as that.
   */
  async look(projectId: string, pod: Pod, { isNews }: { isNews: boolean }): Promise<void> {
    const ended = outOfMemoryEnd(pod);
    const isUntold = ended !== undefined && (await this.#writeDown(projectId, pod, ended));
    if (!this.#isToBeAsked(projectId, pod, isNews || isUntold)) return;
    this.#ready.set(projectId, { ip: pod.status?.podIP ?? "", sinceMs: Date.now() });
    this.#asking.add(projectId);
  }

  /** Of what was ready before this leader looked, the leader before has asked, if there was one: unless that was a moment ago. */
  #isToBeAsked(projectId: string, pod: Pod, isNews: boolean): boolean {
    const readySince = pod.status?.podIP === undefined ? undefined : conditionTime(pod, "Ready");
    const before = this.#asked.get(projectId);
    const run =
      readySince === undefined ? (before ?? NONE_YET) : `${pod.metadata.uid} ${mainStatus(pod)?.restartCount}`;
    this.#asked.set(projectId, run);
    if (readySince === undefined || run === before) return false;
    return before !== undefined || isNews || Date.now() - Date.parse(readySince) < ASKED_AGAIN_MS;
  }

  /** There is no pod any more. */
  forget(projectId: string): void {
    this.#written.delete(projectId);
    this.#ready.delete(projectId);
    this.#asked.delete(projectId);
  }

  /** Whether that end was not written down yet. */
  async #writeDown(projectId: string, pod: Pod, ended: Date): Promise<boolean> {
    const podUid = pod.metadata.uid ?? "";
    const end = `${podUid} ${ended.getTime()}`;
    if (this.#written.get(projectId) === end) return false;
    const limit = memoryLimitOf(pod);
    const isNew = await logEndedContainer(this.#parts.leader, { projectId, podUid, ended, limit });
    this.#written.set(projectId, end);
    return isNew;
  }

  async #ask(projectId: string, signal: AbortSignal): Promise<undefined> {
    const ready = this.#ready.get(projectId);
    if (ready === undefined) return;
    const end = await this.#untold.ask(projectId);
    const { end: told, killed } = await this.#historyOf(projectId, { ...ready, end, signal });
    if (end !== undefined && told !== null) await tellEnd(this.#parts.leader, end.id, told);
    for (const program of killed) await this.#logKilled(projectId, program);
    if (this.#ready.get(projectId) === ready) this.#ready.delete(projectId);
  }

  /** One that cannot be written keeps no other from the log, and has nobody asked again. @throws AppError `unavailable`. */
  async #logKilled(projectId: string, program: KilledProgram): Promise<void> {
    try {
      await logKilledProgram(this.#parts.db, projectId, program);
    } catch (error) {
      if (isAppError(error, "unavailable")) throw error;
      this.#parts.log.info({ projectId, reason: messageOf(error) }, "a killed program could not be written down");
    }
  }

  /** What its server knows. @throws what is to be tried again soon, and the signal's reason: no term waits at its end for a server that hangs. */
  async #historyOf(projectId: string, { ip, sinceMs, end, signal }: Asking): Promise<History> {
    const path = `/api/out-of-memory${end === undefined ? "" : `?ended=${end.ended.toISOString()}`}`;
    try {
      const as = onNobodysBehalf("manage-state");
      return await this.#parts.servers.ask(projectId, { as, path, ip, answer: memoryHistory, signal });
    } catch (error) {
      signal.throwIfAborted();
      const isPassing = isAppError(error, "unavailable") || isAppError(error, "timeout");
      if (isPassing && Date.now() - sinceMs < ASKED_AGAIN_MS) throw error;
      this.#parts.log.info(
        { projectId, reason: messageOf(error) },
        "a project's server does not say what ran out of memory",
      );
      // One that was not reached is asked at the next start, and still knows it; one that knows no answer is older, or people put it in its place.
      return { end: isPassing ? null : NOBODY_KNOWS, killed: [] };
    }
  }
}
