/** Ports of servers that are reached by name: asked from the project, which starts them if need be, and kept for a short time. */

import { Agent, request as ask } from "undici";
import { AppError, type ErrorCode, isAppError, messageOf, unavailable } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { AnswerCache } from "../../src/domain/access/answer-cache.ts";
import type { Identity, ProjectRole } from "../../src/domain/access/identity.ts";
import type { Assertions } from "../../src/domain/assertions/assertions.ts";
import type { HttpRequest, HttpResponse } from "../../src/net/http-message.ts";
import { sendPage, wantsPage } from "../../src/net/plain-page.ts";
import { hostInUrl } from "../../src/net/upstreams.ts";
import { ASSERTION_HEADER } from "../../src/protocol/assertion.ts";
import { wireError } from "../../src/protocol/common.ts";
import { namedServerAnswer } from "../../src/protocol/project-server.ts";
import type { ProxyConfig } from "./config.ts";

const KEPT_MS = 20_000;
/** A page is told soon that it has to wait, and then looks again by itself; a program waits. */
const PAGE_WAITS_SECONDS = 2;
const PROGRAM_WAITS_SECONDS = 20;
/** Of this many bytes is an answer at most. */
const MAX_ANSWER = 65_536;
/** Codes of a project's server that are passed on: it runs as its user, who may make it say anything. */
const PASSED_ON = new Set<string>(["not_found", "unavailable", "rate_limited", "invalid"] satisfies ErrorCode[]);
/** Marks the error of a server that does not listen yet. */
const STARTING = Symbol("starting");

interface Asked {
  projectId: string;
  ip: string;
  name: string;
  identity: Identity;
  role: ProjectRole;
  /** Does a browser go to a page with this request? */
  isPage: boolean;
}

export class NamedServers {
  readonly #config: ProxyConfig;
  readonly #assertions: Assertions;
  readonly #agent: Agent;
  readonly #ports = new AnswerCache<number>({ ttlMs: KEPT_MS, max: 20_000 });

  constructor(life: Life, { config, assertions }: { config: ProxyConfig; assertions: Assertions }) {
    this.#config = config;
    this.#assertions = assertions;
    const timeout = (PROGRAM_WAITS_SECONDS + 10) * 1_000;
    const connect = { timeout: config.connectTimeoutMs };
    this.#agent = new Agent({ connect, headersTimeout: timeout, bodyTimeout: timeout, maxResponseSize: MAX_ANSWER });
    life.defer("questions for named servers", () => this.#agent.destroy());
  }

  /** @throws AppError in the project's own words; of a server that is starting, one that `answerStarting` knows. */
  portOf(asked: Asked): Promise<number> {
    return this.#ports.get(keyOf(asked), () => this.#ask(asked));
  }

  /** It could not be reached: asked again next time. */
  forget(asked: Pick<Asked, "projectId" | "ip" | "name">): void {
    for (const isPage of [true, false]) this.#ports.forget(keyOf({ ...asked, isPage }));
  }

  async #ask({ projectId, ip, name, identity, role, isPage }: Asked): Promise<number> {
    const { projectPort, basePath } = this.#config;
    const waitSeconds = isPage ? PAGE_WAITS_SECONDS : PROGRAM_WAITS_SECONDS;
    const assertion = await this.#assertions.assertionFor(identity, projectId, role);
    let status: number;
    let text: string;
    try {
      const { statusCode, body } = await ask(
        `http://${hostInUrl(ip)}:${projectPort}${basePath}/${projectId}/api/named-server`,
        {
          dispatcher: this.#agent,
          method: "POST",
          headers: { [ASSERTION_HEADER]: assertion, "content-type": "application/json" },
          body: JSON.stringify({ name, waitSeconds }),
        },
      );
      status = statusCode;
      text = await body.text();
    } catch (cause) {
      throw unavailable(`The project's own server cannot be reached. ${messageOf(cause)}. Try again in a moment.`, {
        cause,
        retryAfterSeconds: 2,
      });
    }
    return portIn(text, status);
  }
}

/** Programs wait longer than pages, so each has answers of its own. */
const keyOf = ({ projectId, ip, name, isPage }: Omit<Asked, "identity" | "role">) =>
  `${projectId} ${ip} ${name} ${isPage}`;

function portIn(text: string, status: number): number {
  const json = parseJson(text);
  if (status === 200) {
    const answer = namedServerAnswer.safeParse(json).data;
    if (answer !== undefined && "port" in answer) return answer.port;
    if (answer !== undefined) {
      const message = `${answer.starting.slice(0, 100)} is starting. Try again in a moment.`;
      throw unavailable(message, { retryAfterSeconds: 2, cause: STARTING });
    }
  }
  const told = wireError.safeParse(json).data;
  if (told === undefined || !PASSED_ON.has(told.code))
    throw unavailable("The project's own server did not say where this server is. Try again in a moment.");
  throw new AppError(told.code as ErrorCode, told.error.slice(0, 5_000)); // just looked at
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A browser that waits for a server is shown a page that goes on by itself. Says whether it was that. */
export function answerStarting(request: HttpRequest, response: HttpResponse, error: unknown): boolean {
  if (!isAppError(error) || error.cause !== STARTING || request.method !== "GET" || !wantsPage(request)) return false;
  const [title = ""] = error.message.split(". ");
  sendPage(request, response, {
    status: 503,
    title,
    body: '<p role="status">This page goes on by itself as soon as it runs.</p>',
    refreshSeconds: 2,
    headers: { "Retry-After": "2" },
  });
  return true;
}
