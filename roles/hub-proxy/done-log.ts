/**
 * Writes down what projects' servers say that was done in them. People can replace the server of their project, and ask it as often as they like:
 * whatever it says, and however often, costs the database and our log no more than is bounded here.
 */

import { messageOf } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { Recently } from "../../src/core/recently.ts";
import { TokenBuckets } from "../../src/core/token-buckets.ts";
import type { Queryable } from "../../src/db/db.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import { logProjectEvent } from "../../src/domain/projects/log.ts";
import { logKilledProgram, OFTEN_SECONDS } from "../../src/domain/projects/out-of-memory.ts";
import type { DoneInProject } from "../../src/protocol/done-in-project.ts";

/** What was done, and in the name of whom, whatever the pod says about that. */
export interface DoneByVisitor {
  projectId: string;
  identity: Pick<Identity, "accountId">;
  done: DoneInProject;
}

/** What one member does to files of one project; nobody deletes and restores more than that by hand. */
const FILE_EVENTS = { burst: 200, perSecond: 1 };
/** Of all projects; a database that is slow is not made slower by what may be left out. */
const MOST_UNDER_WAY = 256;
const WARNED_AGAIN_MS = 60_000;
const WARNING = "what was done in projects could not be written down";

export class DoneLog {
  readonly #db: Queryable;
  readonly #log: Logger;
  /** Projects of which a killed program was told; what comes too soon, or is not written, the server tells again beside later answers. */
  readonly #killed = new Recently({ ttlMs: OFTEN_SECONDS * 1_000, max: 20_000 });
  readonly #fileEvents = new TokenBuckets(FILE_EVENTS);
  readonly #warned = new Recently({ ttlMs: WARNED_AGAIN_MS, max: 1 });
  #underWay = 0;

  constructor({ db, log }: { db: Queryable; log: Logger }) {
    this.#db = db;
    this.#log = log;
  }

  /** Begins to write it down, if it may be; nobody waits for that. */
  note(what: DoneByVisitor): void {
    const { projectId, done } = what;
    if (done.action === "out_of_memory" && this.#killed.has(projectId)) return;
    const refusal = this.#refusal(what);
    if (refusal === undefined) void this.#writeDown(what);
    else this.#warn(projectId, refusal);
  }

  /** Why it is left out; undefined: it is not. */
  #refusal({ projectId, identity, done }: DoneByVisitor): string | undefined {
    if (this.#underWay >= MOST_UNDER_WAY) return "the database is slow";
    if (done.action === "out_of_memory") {
      this.#killed.add(projectId);
      return undefined;
    }
    const isWithin = this.#fileEvents.take(`${projectId} ${identity.accountId}`) === 0;
    return isWithin ? undefined : "somebody does more than is written down";
  }

  async #writeDown(what: DoneByVisitor): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#write(what);
    } catch (error) {
      this.#warn(what.projectId, messageOf(error));
    } finally {
      this.#underWay -= 1;
    }
  }

  async #write({ projectId, identity, done }: DoneByVisitor): Promise<void> {
    if (done.action === "out_of_memory") {
      const { action: _, ...killed } = done;
      await logKilledProgram(this.#db, projectId, killed);
    } else {
      const event = { event: "file_action", ...done };
      await logProjectEvent(this.#db, { projectId, accountId: identity.accountId, event });
    }
  }

  /** Once a minute, whatever the number of projects: who makes it happen must not fill the log. */
  #warn(projectId: string, reason: string): void {
    if (!this.#warned.add(WARNING)) return;
    this.#log.warn({ projectId, reason }, WARNING);
  }
}
