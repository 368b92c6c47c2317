/** What every step is given: one project as it is now, and what there is to work with. Types alone. */

import type { Logger } from "../../src/core/log.ts";
import type { Db } from "../../src/db/db.ts";
import type { Leader } from "../../src/db/leader.ts";
import type { Seats } from "../../src/domain/licenses/seats.ts";
import type { Mail } from "../../src/domain/mail/mail.ts";
import type { ProjectPods } from "../../src/domain/project-pods/project-pods.ts";
import type { ServiceRow } from "../../src/domain/starts/service-row.ts";
import type { Turns } from "../../src/domain/starts/turns.ts";
import type { Pod } from "../../src/kube/types.ts";
import type { ManageActionConfig } from "./config.ts";
import type { Request, StartUnderWay, Step } from "./decide.ts";
import type { ActionMetrics } from "./metrics.ts";
import type { PodMaker } from "./pod-maker.ts";
import type { ProjectQuotas } from "./project-quotas.ts";
import type { Records } from "./records.ts";
import type { Refusals } from "./refusals.ts";

/** What the steps work with during one term. */
export interface Tools {
  db: Db;
  log: Logger;
  leader: Leader;
  config: ManageActionConfig;
  metrics: ActionMetrics;
  pods: ProjectPods;
  maker: PodMaker;
  turns: Turns;
  records: Records;
  seats: Seats;
  quotas: ProjectQuotas;
  mail: Mail;
  refusals: Refusals;
  /** Aborted when the term is over. */
  signal: AbortSignal;
  /** Has a project looked at as soon as anything becomes of its pod; until its next look. */
  wakeByPod(projectId: string): void;
  /** Gives the turn of a start back, if it has one, to those whose turn it is. */
  giveBackTurn(projectId: string): void;
  /** Looks at those whose turn it is: turns in use, or who waits for them, have changed. */
  nextInTurn(): void;
}

/** One project as it is now. */
export interface Case {
  projectId: string;
  row: ServiceRow;
  request: Request;
  start: StartUnderWay | undefined;
  pod: Pod | undefined;
  step: Step;
}
