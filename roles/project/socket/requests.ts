/** The table of a socket's requests: its type is checked to be complete, each input against its schema. */

import type { z } from "zod";
import type { Logger } from "../../../src/core/log.ts";
import { wireErrorOf } from "../../../src/net/serve/answers.ts";
import {
  type ProjectAnswer,
  type ProjectAnswers,
  type ProjectRequestName,
  projectRequests,
} from "../../../src/protocol/project-socket.ts";
import { checkMay, needOfRequest } from "../caller-needs.ts";
import { parseInput, toldHere } from "../http-server.ts";
import type { ProjectSocket, Session } from "./session.ts";

type Input<N extends ProjectRequestName> = z.output<(typeof projectRequests)[N]>;
export type Handlers = {
  [N in ProjectRequestName]: (session: Session, input: Input<N>) => ProjectAnswers[N] | Promise<ProjectAnswers[N]>;
};

/** Requests of one socket that may be under way at once. */
const MAX_PENDING = 200;
const TOO_MANY = `This connection has ${MAX_PENDING} requests under way; wait for some of their answers, and try again.`;

/** Answers every request of the socket. */
export function answerRequests(
  socket: ProjectSocket,
  { session, handlers, log }: { session: Session; handlers: Handlers; log: Logger },
): void {
  let pending = 0;
  const answer = async <N extends ProjectRequestName>(name: N, input: unknown): Promise<ProjectAnswer<N>> => {
    if (pending >= MAX_PENDING) return { ok: false, code: "rate_limited", error: TOO_MANY };
    pending++;
    try {
      checkMay(session.caller, needOfRequest(name));
      const parsed = parseInput(projectRequests[name], input) as Input<N>; // the schema of this very name
      return { ok: true, ...(await handlers[name](session, parsed)) };
    } catch (error) {
      const told = toldHere(error, log.child({ request: name }), "a socket's request failed unexpectedly");
      return { ok: false, ...wireErrorOf(told) };
    } finally {
      pending--;
    }
  };
  for (const name of Object.keys(projectRequests) as ProjectRequestName[]) // a const table's keys
    socket.on(name, (input: unknown, reply: unknown) => {
      void answer(name, input).then((answered) => {
        if (typeof reply === "function") reply(answered);
      });
    });
}
