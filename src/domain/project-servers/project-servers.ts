/**
 * The one way to ask a project's server: where it is, in whose name, the call and its deadline. A pod is not trusted: whatever it says or leaves
 * unsaid, who asks gets an answer of the shape that was asked for, or words, in time. (hub-proxy passes visitors on by itself.)
 */

import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { z } from "zod";
import { Attempt, unlessAborted } from "../../core/attempt.ts";
import { isAppError, unavailable } from "../../core/errors.ts";
import { hostInUrl } from "../../core/host-in-url.ts";
import type { Life } from "../../core/life.ts";
import { Tally } from "../../core/tally.ts";
import type { Db } from "../../db/db.ts";
import { ASSERTION_HEADER } from "../../protocol/assertion.ts";
import { signingKey } from "../signing-keys/signing-keys.ts";
import { Assertions, type Subject } from "./assertions.ts";
import { type Answer, sendBounded } from "./bounded-request.ts";
import type { ProjectServersConfig } from "./config.ts";
import { Whereabouts } from "./whereabouts.ts";
import { notRunning, notUnderstood, refused, tooMany, whyNot } from "./why-not.ts";

export interface ServerRequest<T> {
  as: Subject;
  method?: "GET" | "POST";
  /** Below the project's own, with its query: `/api/status`. */
  path: string;
  /** Sent as JSON. */
  body?: object;
  answer: z.ZodType<T>;
  /** Where it is, for who knows it better than the database may by now. */
  ip?: string;
  /** Longest time in ms to the whole answer. Default 5 s. */
  deadlineMs?: number;
  /** Ends it: nobody waits for the answer any more. */
  signal?: AbortSignal;
}

type Deadline = Pick<ServerRequest<unknown>, "deadlineMs" | "signal">;

const DEADLINE_MS = 5_000;
/** Of an answer. */
const MAX_BYTES = 1_000_000;
const MAX_REFUSAL_BYTES = 4_096;
/** Requests under way at once: to one project, whose server may hang, and to all. */
const MOST_OF_A_PROJECT = 8;
const MOST = 256;

/** Opens the way to all projects' servers; requests under way end with the life. */
export async function openProjectServers(life: Life, db: Db, config: ProjectServersConfig): Promise<ProjectServers> {
  const whereabouts = await Whereabouts.open(life, db);
  return new ProjectServers(life, { whereabouts, assertions: new Assertions(() => signingKey(db)), config });
}

interface Address {
  origin: string;
  assertion: string;
}

interface Parts {
  whereabouts: Whereabouts;
  assertions: Assertions;
  config: ProjectServersConfig;
}

export class ProjectServers {
  readonly #parts: Parts;
  readonly #underWay = new Tally();
  readonly #closed = new AbortController();

  constructor(life: Life, parts: Parts) {
    this.#parts = parts;
    const stopping = unavailable("This process is stopping and asks projects nothing more.");
    life.defer("requests to projects", () => this.#closed.abort(stopping));
  }

  /**
   * Asks, and reads the answer whole.
   * @throws AppError in words: `unavailable` (not running, not reached, broken off, not understood), `timeout`, or as what the server refused it;
   * the signal's reason once that is aborted.
   */
  async ask<T>(projectId: string, request: ServerRequest<T>): Promise<T> {
    const attempt = this.#attempt(request);
    try {
      const { body } = await this.#send(projectId, request, attempt);
      return understood(await text(body), request.answer);
    } catch (error) {
      throw this.#failed(projectId, error, request, attempt);
    } finally {
      attempt.end();
    }
  }

  #attempt({ deadlineMs = DEADLINE_MS, signal }: Deadline): Attempt {
    const closed = this.#closed.signal;
    return new Attempt(deadlineMs, signal === undefined ? closed : AbortSignal.any([closed, signal]));
  }

  /** The answer of a server that does as it was asked; its place is held until the answer's end. */
  async #send(projectId: string, request: ServerRequest<unknown>, attempt: Attempt): Promise<Answer> {
    const leave = this.#enter(projectId);
    try {
      const { origin, assertion } = await unlessAborted(this.#address(projectId, request), attempt.signal);
      const { method = "GET", path, body, deadlineMs = DEADLINE_MS } = request;
      const answer = await sendBounded(
        origin,
        {
          method,
          path: `${this.#parts.config.basePath}/${projectId}${path}`,
          headers: { [ASSERTION_HEADER]: assertion, ...(body && { "content-type": "application/json" }) },
          ...(body && { body: JSON.stringify(body) }),
          maxBytes: MAX_BYTES,
          patienceMs: deadlineMs,
        },
        attempt,
      );
      answer.body.once("close", leave);
      if (answer.status >= 200 && answer.status < 300) return answer;
      throw refused(answer.status, await beginningOf(answer.body));
    } catch (error) {
      leave();
      throw error;
    }
  }

  #enter(projectId: string): () => void {
    if (this.#underWay.of(projectId) >= MOST_OF_A_PROJECT) throw tooMany(MOST_OF_A_PROJECT);
    if (this.#underWay.size >= MOST) throw tooMany(MOST);
    const leave = this.#underWay.add(projectId);
    let isLeft = false;
    return () => {
      if (!isLeft) leave();
      isLeft = true;
    };
  }

  async #address(projectId: string, { as, ip }: { as: Subject; ip?: string }): Promise<Address> {
    const { assertions, config } = this.#parts;
    const at = ip ?? (await this.#ipOf(projectId));
    const assertion = await assertions.assertionFor(as, projectId);
    return { origin: `http://${hostInUrl(at)}:${config.projectPort}`, assertion };
  }

  async #ipOf(projectId: string): Promise<string> {
    const place = await this.#parts.whereabouts.of(projectId);
    if (place.ip === undefined) throw notRunning(place);
    return place.ip;
  }

  /** In words; a place where nobody was met is looked up anew. */
  #failed(projectId: string, thrown: unknown, { deadlineMs = DEADLINE_MS, signal }: Deadline, attempt: Attempt) {
    if (!isAppError(thrown)) this.#parts.whereabouts.forget(projectId);
    if (signal?.aborted === true) return signal.reason;
    return this.#closed.signal.aborted ? this.#closed.signal.reason : whyNot(thrown, attempt, deadlineMs);
  }
}

function understood<T>(answer: string, shape: z.ZodType<T>): T {
  try {
    return shape.parse(JSON.parse(answer));
  } catch (error) {
    throw notUnderstood(error);
  }
}

/** What a refusal says, as far as it is short. */
async function beginningOf(body: Readable): Promise<string> {
  let read = "";
  for await (const piece of body) {
    read += String(piece);
    if (read.length >= MAX_REFUSAL_BYTES) break; // which destroys the body
  }
  return read.slice(0, MAX_REFUSAL_BYTES);
}
