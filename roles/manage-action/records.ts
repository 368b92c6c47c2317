/** The reads and writes of which every start needs some, many projects at a time: a thousand starts are not thousands of commits. */

import { Batches, type BatchOptions } from "../../src/core/batches.ts";
import type { Db } from "../../src/db/db.ts";
import type { Leader } from "../../src/db/leader.ts";
import { endUsage, type LicensesInUse, recordLicenses } from "../../src/domain/licenses/in-use.ts";
import { type QuotaToRecord, recordQuotas } from "../../src/domain/quotas/record-quotas.ts";
import { recordApplied, recordStarts, type StartToRecord } from "../../src/domain/starts/begin.ts";
import { readForService, type ServiceRow } from "../../src/domain/starts/service-row.ts";

const BATCH = { max: 100, parallel: 2 };

export class Records {
  readonly #rows: Batches<string, ServiceRow | undefined>;
  readonly #starts: Batches<StartToRecord, number | undefined>;
  readonly #applied: Batches<{ ticket: number; podUid: string }, undefined>;
  readonly #licenses: Batches<LicensesInUse & { projectId: string }, undefined>;
  readonly #ended: Batches<string, undefined>;
  readonly #quotas: Batches<QuotaToRecord, undefined>;

  constructor(db: Db, leader: Leader) {
    this.#rows = new Batches({ ...BATCH, run: (projectIds) => readForService(db, leader, projectIds) });
    this.#starts = new Batches({ ...BATCH, run: (starts) => recordStarts(leader, starts) });
    this.#applied = new Batches(writing((applied) => recordApplied(leader, applied)));
    this.#licenses = new Batches(writing((projects) => recordLicenses(leader, projects)));
    this.#ended = new Batches(writing((projectIds) => endUsage(leader, projectIds)));
    this.#quotas = new Batches(writing((projects) => recordQuotas(leader, projects)));
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

  /** Records what became of the licences of a project that runs. */
  licenses(project: LicensesInUse & { projectId: string }): Promise<undefined> {
    return this.#licenses.ask(project);
  }

  /** Records what a running project has by now, and what it waits for. */
  quota(project: QuotaToRecord): Promise<undefined> {
    return this.#quotas.ask(project);
  }

  /** Records that a project uses no licence any more. */
  licensesEnded(projectId: string): Promise<undefined> {
    return this.#ended.ask(projectId);
  }
}

/** Batches of something that is only written. */
function writing<In>(write: (inputs: In[]) => Promise<void>): BatchOptions<In, undefined> {
  return {
    ...BATCH,
    run: async (inputs) => {
      await write(inputs);
      return inputs.map(() => undefined);
    },
  };
}
