/** Writes down that a project's container was ended for want of memory, and once it is back asks its server which process that was. */

import { Batches } from "../../src/core/batches.ts";
import { messageOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import { WorkQueue } from "../../src/core/work-queue.ts";
import type { Db } from "../../src/db/db.ts";
import type { Leader } from "../../src/db/leader.ts";
import { memoryLimitOf, outOfMemoryEnd } from "../../src/domain/project-pods/memory-rules.ts";
import { onNobodysBehalf } from "../../src/domain/project-servers/assertions.ts";
import type { ProjectServers } from "../../src/domain/project-servers/project-servers.ts";
import { logEndedContainer, tellEnd, type UntoldEnd, untoldEnds } from "../../src/domain/projects/out-of-memory.ts";
import type { Pod } from "../../src/kube/types.ts";
import { outOfMemory } from "../../src/protocol/project-status.ts";

interface Parts {
  db: Db;
  log: Logger;
  leader: Leader;
  servers: ProjectServers;
}

/** Servers that hang keep only each other waiting. */
const ASKED_AT_ONCE = 32;
const NOBODY_KNOWS = { process: null, used: null };

export class MemoryEnds {
  readonly #parts: Parts;
  /** By project: the last end that is written down. */
  readonly #written = new Map<string, string>();
  readonly #untold: Batches<string, UntoldEnd | undefined>;
  /** Of projects whose servers are to be asked. */
  readonly #asking: WorkQueue;
  readonly #ips = new Map<string, string>();

  constructor(term: Life, parts: Parts) {
    this.#parts = parts;
    this.#untold = new Batches({ max: 500, parallel: 2, run: (projectIds) => untoldEnds(parts.db, projectIds) });
    this.#asking = new WorkQueue(term, {
      concurrency: ASKED_AT_ONCE,
      reconcile: (projectId) => this.#ask(projectId),
      onError: (projectId, error) =>
        parts.log.warn({ projectId, reason: messageOf(error) }, "which process ran out of memory was not asked"),
      maxRetryMs: 60_000,
    });
  }

  /** Looks at a pod that has changed. `isReady`: since a moment ago, so its server may be asked. */
  async look(projectId: string, pod: Pod, { isReady }: { isReady: boolean }): Promise<void> {
    const ended = outOfMemoryEnd(pod);
    if (ended !== undefined) await this.#writeDown(projectId, pod, ended);
    const { podIP } = pod.status ?? {};
    if (!isReady || podIP === undefined) return;
    this.#ips.set(projectId, podIP);
    this.#asking.add(projectId);
  }

  /** There is no pod any more. */
  forget(projectId: string): void {
    this.#written.delete(projectId);
    this.#ips.delete(projectId);
  }

  async #writeDown(projectId: string, pod: Pod, ended: Date): Promise<void> {
    const podUid = pod.metadata.uid ?? "";
    const end = `${podUid} ${ended.getTime()}`;
    if (this.#written.get(projectId) === end) return;
    await logEndedContainer(this.#parts.leader, { projectId, podUid, ended, limit: memoryLimitOf(pod) });
    this.#written.set(projectId, end);
  }

  async #ask(projectId: string): Promise<undefined> {
    const end = await this.#untold.ask(projectId);
    const ip = this.#ips.get(projectId);
    this.#ips.delete(projectId);
    if (end === undefined || ip === undefined) return;
    const { servers, leader, log } = this.#parts;
    const asked = { as: onNobodysBehalf("manage-state"), path: `/api/out-of-memory?ended=${end.ended.toISOString()}` };
    const told = await servers.ask(projectId, { ...asked, ip, answer: outOfMemory }).catch((error: unknown) => {
      log.info(
        { projectId, reason: messageOf(error) },
        "a project's server does not say which process ran out of memory",
      );
      return NOBODY_KNOWS; // an older server, or one that people have replaced
    });
    await tellEnd(leader, end.id, told);
  }
}
