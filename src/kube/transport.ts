/** Requests to the API server as raw JSON: authentication, deadline, retries, errors in words. Knows no resources. */

import type { Dispatcher } from "undici";
import { Attempt, unlessAborted } from "../core/attempt.ts";
import { Backoff } from "../core/backoff.ts";
import { sleep } from "../core/clock.ts";
import { AppError, isAppError, messageOf } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { counter, histogram, type Metrics } from "../core/metrics.ts";
import type { KubeConfig } from "./config.ts";
import { Connections, checkServer } from "./connections.ts";
import { CredentialSource } from "./credentials.ts";
import type { ApiServer } from "./kubeconfig.ts";
import { Reach } from "./reach.ts";
import { kubeStatusOf, readStatus, refusal } from "./status.ts";

export interface ApiRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute, without the server's own prefix, its parts already encoded. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: object;
  /** Of the body; JSON unless told. */
  contentType?: string;
  /** For messages: «create pods/project-x». */
  what: string;
  /** Doing it twice does no harm, so it is repeated when an answer is lost. */
  repeatable?: boolean;
  /** A 409 «Conflict» (a write came between) is no refusal of the caller's precondition: try again. */
  retryConflicts?: boolean;
  /** Gives the call up. */
  signal?: AbortSignal;
}

export interface ApiAnswer {
  status: number;
  text: string;
}

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
/** Nothing was done when the server answers so. */
const NOT_DONE = new Set([429, 503]);
const SERVER_ERRORS = new Set([500, 502, 504]);

interface TransportOptions {
  apiServer: ApiServer;
  config: KubeConfig;
  metrics: Metrics;
  log: Logger;
}

/** Sends requests over kept connections; closed with its life, after which every call fails at once. */
export class Transport {
  readonly #origin: string;
  /** Before the path of each request; empty for most servers. */
  readonly #prefix: string;
  readonly #credentials: CredentialSource;
  readonly #connections: Connections;
  readonly #deadlineMs: number;
  /** Aborted when the connections are closed, which is after all that uses them has stopped. */
  readonly #closed = new AbortController();
  readonly #metrics: ReturnType<typeof openTransportMetrics>;
  /** Told of every try. */
  readonly reach = new Reach();

  /** @throws AppError `invalid` when the API server cannot be used. */
  constructor(life: Life, { apiServer, config, metrics, log }: TransportOptions) {
    const { origin, pathname } = checkServer(apiServer);
    this.#origin = origin;
    this.#prefix = pathname.replace(/\/$/, "");
    this.#credentials = new CredentialSource(apiServer, log);
    this.#connections = new Connections(apiServer);
    this.#deadlineMs = config.callDeadlineSeconds * 1000;
    this.#metrics = openTransportMetrics(metrics);
    life.defer("Kubernetes connections", () => {
      this.#closed.abort();
      return this.#connections.close();
    });
  }

  /** Sends until it succeeds, is refused for good, or the deadline is over. @throws AppError as in `Kube`. */
  async call(request: ApiRequest): Promise<ApiAnswer> {
    const endsAt = performance.now() + this.#deadlineMs;
    const backoff = new Backoff({ firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS });
    for (let refusedBefore = false; ; ) {
      const error = await this.#tried(request, endsAt);
      if (!isAppError(error)) return error;
      const unauthenticated = kubeStatusOf(error)?.code === 401;
      const again = unauthenticated ? !refusedBefore : mayRepeat(request, error);
      refusedBefore ||= unauthenticated;
      const waitMs = Math.max(backoff.next(), (error.retryAfterSeconds ?? 0) * 1000);
      const stop = request.signal ?? this.#closed.signal;
      if (!again || stop.aborted || performance.now() + waitMs >= endsAt) throw error;
      this.#metrics.retries.inc({ method: request.method });
      await sleep(waitMs, stop);
    }
  }

  /**
   * Opens a response that is read as it comes; ends with `signal`, and where it may not be silent (as a watch may) once nothing comes for as
   * long as a call may take. One try, no retry: the caller keeps it going. @throws AppError as `call`, also while it is read.
   */
  async stream(
    request: ApiRequest,
    signal: AbortSignal,
    { mayBeSilent }: { mayBeSilent: boolean },
  ): Promise<AsyncIterable<Uint8Array>> {
    const startedAt = performance.now();
    const opening = new Attempt<Dispatcher>(this.#deadlineMs, signal);
    try {
      const { statusCode, headers, body } = await this.#send(request, opening, mayBeSilent ? { bodyTimeout: 0 } : {});
      this.reach.heard();
      this.#observe(request, String(statusCode), startedAt);
      if (statusCode !== 200) throw this.#refused(request, statusCode, headers, await body.text());
      opening.begun();
      return this.#heard(request, body);
    } catch (error) {
      opening.end();
      if (!isAppError(error)) {
        this.#observe(request, "none", startedAt);
        this.#unanswered(opening, startedAt);
      }
      throw opening.timedOut ? noAnswer(request, startedAt) : toAppError(request, error);
    }
  }

  /** Asks the server over a connection that is made for it. @throws when it is not reached. */
  async askAnew(): Promise<void> {
    const credentials = await this.#credentials.current();
    const dispatcher = this.#connections.another(credentials);
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#deadlineMs / 2)]);
    try {
      const answer = dispatcher.request({
        ...this.#at("/version"),
        method: "GET",
        signal,
        headers: credentials.headers,
      });
      await (await unlessAborted(answer, signal)).body.dump();
    } finally {
      await dispatcher.destroy();
    }
  }

  /** One try: its answer, or the error as a value. */
  async #tried(request: ApiRequest, endsAt: number): Promise<ApiAnswer | AppError> {
    const startedAt = performance.now();
    const leftMs = endsAt - startedAt;
    // Half of what is left: a connection that hangs leaves time for one try on a new one.
    const attempt = new Attempt<Dispatcher>(Math.max(leftMs / 2, Math.min(1_000, leftMs)), request.signal);
    try {
      const answer = await this.#send(request, attempt);
      const text = await answer.body.text();
      this.reach.heard();
      this.#observe(request, String(answer.statusCode), startedAt);
      if (answer.statusCode >= 400) return this.#refused(request, answer.statusCode, answer.headers, text);
      return { status: answer.statusCode, text };
    } catch (error) {
      this.#observe(request, "none", startedAt);
      if (!isAppError(error)) this.#unanswered(attempt, startedAt);
      return attempt.timedOut ? noAnswer(request, startedAt) : toAppError(request, error);
    } finally {
      attempt.end();
    }
  }

  /**
   * A try failed on its way. Where nothing was answered since, its connections are given up, whatever the error: some of them fail every
   * call from then on and never make themselves anew.
   */
  #unanswered(attempt: Attempt<Dispatcher>, startedAt: number): void {
    this.#credentials.stale();
    if (attempt.isGivenUp || this.reach.hasHeardSince(startedAt)) return;
    this.reach.failed(startedAt);
    if (attempt.way) this.#connections.abandon(attempt.way);
  }

  async #send(
    { method, path, query = {}, body, contentType = "application/json" }: ApiRequest,
    attempt: Attempt<Dispatcher>,
    { bodyTimeout = this.#deadlineMs } = {},
  ): Promise<Dispatcher.ResponseData> {
    if (this.#closed.signal.aborted)
      throw new AppError("unavailable", "This process is stopping and asks Kubernetes nothing more.");
    const credentials = await this.#credentials.current();
    const dispatcher = this.#connections.dispatcher(credentials);
    attempt.way = dispatcher;
    const answer = dispatcher.request({
      ...this.#at(`${path}${queryOf(query)}`),
      method,
      signal: attempt.signal,
      headersTimeout: this.#deadlineMs,
      bodyTimeout,
      headers: {
        ...credentials.headers,
        accept: "application/json",
        "user-agent": "cocalc-k8s",
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return unlessAborted(answer, attempt.signal);
  }

  #at(path: string): { origin: string; path: string } {
    return { origin: this.#origin, path: `${this.#prefix}${path}` };
  }

  #refused(request: ApiRequest, code: number, headers: Dispatcher.ResponseData["headers"], text: string): AppError {
    if (code === 401) this.#credentials.refused();
    const retryAfter = headers["retry-after"];
    return refusal(
      request.what,
      readStatus(code, parsed(text), Array.isArray(retryAfter) ? retryAfter[0] : retryAfter),
    );
  }

  /** The bytes of an answer that is read as it comes; each piece is a sign of life. */
  async *#heard(request: ApiRequest, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        this.reach.heard();
        yield chunk;
      }
    } catch (error) {
      throw toAppError(request, error);
    }
  }

  #observe({ method }: ApiRequest, code: string, startedAt: number): void {
    this.#metrics.calls.inc({ method, code });
    this.#metrics.seconds.observe({ method }, (performance.now() - startedAt) / 1000);
  }
}

function openTransportMetrics(metrics: Metrics) {
  return {
    calls: counter(metrics, {
      name: "cocalc_kube_requests_total",
      help: "Requests to the Kubernetes API by method and HTTP status (none: no answer).",
      labels: ["method", "code"],
    }),
    retries: counter(metrics, {
      name: "cocalc_kube_retries_total",
      help: "Requests to the Kubernetes API that were sent again.",
      labels: ["method"],
    }),
    seconds: histogram(metrics, {
      name: "cocalc_kube_request_seconds",
      help: "Duration of one request to the Kubernetes API; of what is read as it comes, until it begins.",
      labels: ["method"],
    }),
  };
}

function mayRepeat({ repeatable = false, retryConflicts = false }: ApiRequest, error: AppError): boolean {
  const status = kubeStatusOf(error);
  if (!status) return repeatable && error.code === "unavailable";
  if (NOT_DONE.has(status.code)) return true;
  if (status.code === 409) return retryConflicts && status.reason === "Conflict";
  return repeatable && SERVER_ERRORS.has(status.code);
}

function queryOf(query: NonNullable<ApiRequest["query"]>): string {
  const present = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return present.length === 0 ? "" : `?${new URLSearchParams(present)}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a proxy in between answers in plain text or HTML
  }
}

function noAnswer({ what }: ApiRequest, startedAt: number): AppError {
  const ms = Math.round(performance.now() - startedAt);
  return new AppError("unavailable", `Kubernetes did not answer within ${ms} ms when asked to ${what}.`);
}

function toAppError({ what }: ApiRequest, cause: unknown): AppError {
  if (isAppError(cause)) return cause;
  return new AppError("unavailable", `Kubernetes cannot be reached to ${what}: ${messageOf(cause)}.`, { cause });
}
