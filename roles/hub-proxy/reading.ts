/** What a request says by itself: from whom it comes, on which origin, and what its path names. */

import type { HttpRequest } from "../../src/net/http-message.ts";
import { type Client, clientOf } from "../../src/net/visitor/forwarded.ts";
import { projectOfHost } from "../../src/net/visitor/hosts.ts";
import type { ProxyConfig } from "./config.ts";
import { type Target, targetOf } from "./target.ts";

export interface Reading {
  client: Client;
  /** The project on whose own origin it came; undefined: it came on the app's. */
  onOriginOf: string | undefined;
  /** Undefined: its path is none of a project's. */
  target: Target | undefined;
}

/** Reads requests. The one that was read last is not read again: whoever counts a request and whoever answers it ask one after the other. */
export class RequestReader {
  readonly #config: ProxyConfig;
  #last: { request: HttpRequest; reading: Reading } | undefined;

  constructor(config: ProxyConfig) {
    this.#config = config;
  }

  read(request: HttpRequest): Reading {
    if (this.#last?.request === request) return this.#last.reading;
    const client = clientOf(request, this.#config);
    const onOriginOf = projectOfHost(client.host, this.#config);
    const reading = { client, onOriginOf, target: targetOf(request.url ?? "", this.#config.basePath) };
    this.#last = { request, reading };
    return reading;
  }
}
