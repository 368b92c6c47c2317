/** Counts and logs what a role answers over HTTP, by kind, status and time, and which upgrades are open: bounded, without query, cookie or body. */

import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Logger } from "../../core/log.ts";
import { gauge, histogram, type Metrics } from "../../core/metrics.ts";
import { splitTarget } from "../../core/request-target.ts";
import type { HttpRequest, HttpResponse } from "../http-message.ts";

export interface WatchOptions {
  role: string;
  metrics: Metrics;
  log: Logger;
  /** What is asked for, as a label: one of a few, whatever strangers ask for. */
  kindOf: (request: HttpRequest) => string;
  /** The visitor's address; asked at once, since a socket that is closed has none. */
  addressOf: (request: HttpRequest) => string;
  /** Further fields of the line of a request that is over, such as who asked; `code`: an error that is answered as 200, which counts by it. */
  more?: (response: HttpResponse) => { code?: string } & Record<string, unknown>;
  /**
   * `all`: a line for each request. `telling`: what reads and went well within a second is logged as `debug`, since a page of a project's makes
   * hundreds of such requests; everything else as `info`.
   */
  lines: "all" | "telling";
}

const READING = new Set(["GET", "HEAD", "OPTIONS"]);
const SLOW_SECONDS = 1;
/** The client went away before it had its answer. */
const GONE = 499;
const SWITCHED = 101;
const MAX_ADDRESS = 64;

/** The watch of one role; `serveHttp` shows it every request and upgrade. */
export class RequestWatch {
  readonly #options: WatchOptions;
  readonly #seconds;
  readonly #open;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#seconds = histogram(options.metrics, {
      name: "cocalc_http_request_seconds",
      help: "Time to answer a request, by role, kind of request, and class of status or code of error.",
      labels: ["role", "kind", "status"],
    });
    this.#open = gauge(options.metrics, {
      name: "cocalc_http_open_upgrades",
      help: "WebSockets and other upgrades that are open, by role and kind of request.",
      labels: ["role", "kind"],
    });
  }

  /** A request that came; it is told of when its response closes. */
  request(request: HttpRequest, response: HttpResponse): void {
    const seen = this.#see(request);
    response.once("close", () => {
      this.#tell(seen, response.writableFinished ? response.statusCode : GONE, this.#options.more?.(response));
    });
  }

  /** An upgrade that came; it is told of when its socket closes. */
  upgrade(request: HttpRequest, socket: Duplex): void {
    const seen = this.#see(request);
    const labels = { role: this.#options.role, kind: seen.kind };
    const writtenBefore = bytesWritten(socket);
    this.#open.inc(labels);
    socket.once("close", () => {
      this.#open.dec(labels);
      const isAnswered = bytesWritten(socket) > writtenBefore;
      this.#tell(seen, isAnswered ? (statuses.get(socket) ?? SWITCHED) : GONE);
    });
  }

  #see(request: HttpRequest): Seen {
    const { kindOf, addressOf } = this.#options;
    const { method = "", url = "" } = request;
    const address = addressOf(request).slice(0, MAX_ADDRESS);
    return { method, url, address, kind: kindOf(request), began: performance.now() };
  }

  #tell({ method, url, address, kind, began }: Seen, status: number, more?: { code?: string }): void {
    const { role, log, lines } = this.#options;
    const seconds = (performance.now() - began) / 1_000;
    // An upgrade lasts as long as somebody works with it: that is no time to answer.
    if (status !== SWITCHED) {
      const outcome = more?.code ?? `${Math.floor(status / 100)}xx`;
      this.#seconds.observe({ role, kind, status: outcome }, seconds);
    }
    const isTelling =
      lines === "all" || !READING.has(method) || status < 200 || status >= 400 || seconds >= SLOW_SECONDS;
    const level = isTelling ? "info" : "debug";
    if (!log.isLevelEnabled(level)) return;
    const path = loggedPath(splitTarget(url).path);
    const fields = { method, path, kind, status, ms: Math.round(seconds * 1_000), address, ...more };
    log[level](fields, status === SWITCHED ? "upgrade ended" : "request");
  }
}

interface Seen {
  method: string;
  url: string;
  address: string;
  kind: string;
  /** Of the process's clock, ms. */
  began: number;
}

/** With what an upgrade was refused. */
const statuses = new WeakMap<Duplex, number>();

/** Notes with what status an upgrade is refused, for whoever watches it. */
export function noteRefused(socket: Duplex, status: number): void {
  statuses.set(socket, status);
}

/** On the whole connection: it may have served requests before. */
function bytesWritten(socket: Duplex): number {
  return socket instanceof Socket ? socket.bytesWritten : 0;
}

const MAX_PATH = 200;
/** What follows in such a path is the secret of a link that somebody was sent. */
const SECRET_LINK = /\/auth\/(?:password-reset|verify)\//i;

/** No secret, no control characters (they would be lines of their own in some viewers), and not too long. */
export function loggedPath(path: string): string {
  const secret = SECRET_LINK.exec(path);
  const told = secret === null ? path : `${path.slice(0, secret.index)}${secret[0]}…`;
  return told.slice(0, MAX_PATH).replace(/[^\x20-\x7e…]/g, "?");
}
