/** Requests of browsers: each is checked by its schema, counted, handled by the table, and always answered. */

import { AppError, notFound } from "../../src/core/errors.ts";
import type { Logger } from "../../src/core/log.ts";
import { tellable, wireErrorOf } from "../../src/net/serve/answers.ts";
import { type HubRequestName, hubRequests } from "../../src/protocol/hub-socket.ts";
import { accountHandlers } from "./account-requests.ts";
import type { HubSocket } from "./audience.ts";
import type { Handlers, RequestContext } from "./handlers.ts";
import { projectHandlers } from "./project-requests.ts";
import type { RequestBudget } from "./request-budget.ts";

const handlers: Handlers = {
  ...projectHandlers,
  ...accountHandlers,
  ping: async () => ({ time: new Date().toISOString() }),
};

interface RequestParts extends Omit<RequestContext, "identity"> {
  log: Logger;
}

type Answer = (result: object) => void;

/** Answers a socket's requests. One that sends far more than it may is closed. */
export function answerRequests(
  socket: HubSocket,
  { budget, ...parts }: RequestParts & { budget: RequestBudget },
): void {
  socket.onAny((name: string, body: unknown, answer: unknown) => {
    if (budget.isExhausted()) return void socket.disconnect(true);
    const taken = budget.take(); // also of who wants no answer: reading costs as well
    if (typeof answer !== "function") return;
    const reply = answer as Answer; // socket.io's acknowledgement
    void answerOne(socket, { name, body, taken }, parts).then(reply, (error: unknown) => {
      reply({ ok: false, ...wireErrorOf(tellable(error, parts.log, "a request of a browser failed")) });
    });
  });
}

async function answerOne(
  socket: HubSocket,
  { name, body, taken }: { name: string; body: unknown; taken: boolean },
  { log: _, ...shared }: RequestParts,
): Promise<object> {
  if (!taken) {
    throw new AppError("rate_limited", "Too many requests at once; wait a moment.", { retryAfterSeconds: 2 });
  }
  if (!isRequest(name)) throw notFound("The hub knows no such request.");
  const parsed = hubRequests[name].safeParse(body ?? {});
  if (!parsed.success) throw new AppError("invalid", `${name}: ${parsed.error.issues[0]?.message ?? "not valid"}`);
  const handle = handlers[name] as (body: unknown, context: RequestContext) => Promise<object>; // by its own schema, just parsed
  return { ok: true, ...(await handle(parsed.data, { ...shared, identity: socket.data.identity })) };
}

function isRequest(name: string): name is HubRequestName {
  return Object.hasOwn(hubRequests, name);
}
