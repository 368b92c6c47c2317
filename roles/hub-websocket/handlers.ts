/** What a handler of a browser's request is: given a checked body and who asks, it answers. Types alone. */

import type { Db } from "../../src/db/db.ts";
import type { Access } from "../../src/domain/access/access.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import type { ActionBudget } from "../../src/domain/projects/action-budget.ts";
import type { LatestStarts } from "../../src/domain/starts/latest-start.ts";
import type { HubAnswers, HubRequestName, hubRequests } from "../../src/protocol/hub-socket.ts";
import type { Audience } from "./audience.ts";

export interface RequestContext {
  db: Db;
  access: Access;
  audience: Audience;
  starts: LatestStarts;
  /** Of starts and stops. */
  actions: ActionBudget;
  identity: Identity;
}

/** The body as its schema gives it. */
type BodyOf<N extends HubRequestName> = ReturnType<(typeof hubRequests)[N]["parse"]>;
export type Handler<N extends HubRequestName> = (body: BodyOf<N>, context: RequestContext) => Promise<HubAnswers[N]>;
export type Handlers = { [N in HubRequestName]: Handler<N> };
