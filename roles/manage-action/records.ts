/** The reads and writes of which every start needs some, many projects at a time: a thousand starts are not thousands of commits. */

import { Batches } from "../../src/core/batches.ts";
import type { Db } from "../../src/db/db.ts";
import type { Leader } from "../../src/db/leader.ts";
import { recordApplied, recordStarts, type StartToRecord } from "../../src/domain/starts/begin.ts";
import { readForService, type ServiceRow } from "../../src/domain/starts/service-row.ts";

const BATCH = { max: 100, parallel: 2 };

export class Records {
  readonly #rows: Batches<string, ServiceRow | undefined>;
  readonly #starts: Batches<StartToRecord, number | undefined>;
  readonly #applied: Batches<{ ticket: number; podUid: string }, undefined>;

  constructor(db: Db, leader: Leader) {
    this.#rows = new Batches({ ...BATCH, run: (projectIds) => readForService(db, leader, projectIds) });
    this.#starts = new Batches({ ...BATCH, run: (starts) => recordStarts(leader, starts) });
    this.#applied = new Batches({
      ...BATCH,
      run: async (applied) => {
        await recordApplied(leader, applied);
        return applied.map(() => undefined);
      },
    });
  }

  /** All that decides about a project, but for its pod; undefined: there is no such project. */
  read(projectId: string): Promise<ServiceRow | undefined> {
    return this.#rows.ask(projectId);
  }

  /** The ticket of a start; undefined: refused. */
  start(start: StartToRecord): Promise<number | undefined> {
    return this.#starts.ask(start);
  }

  /** Records that the pod of a start is there. */
  applied(start: { ticket: number; podUid: string }): Promise<undefined> {
    return this.#applied.ask(start);
  }
}
