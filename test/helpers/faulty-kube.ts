/** A proxy before a Kubernetes API that can answer wrongly: it counts watches, refuses, swallows and adds events. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { Agent, type Dispatcher, request } from "undici";
import type { Life } from "../../src/core/life.ts";
import { CredentialSource } from "../../src/kube/credentials.ts";
import { readApiServer } from "../../src/kube/kubeconfig.ts";
import { kubeConfigFor } from "../contract/target.ts";
import { testLog } from "./log.ts";

export interface SeenRequest {
  method: string;
  url: URL;
  headers: IncomingMessage["headers"];
}

export type Matches = (request: SeenRequest) => boolean;

export interface Fault {
  /** Which requests. */
  matches: Matches;
  status: number;
  /** A Status object if none is given; a string goes out as it is. */
  body?: object | string;
  /** What has been written is all that comes, and the answer does not end. */
  hangs?: boolean;
  headers?: Record<string, string>;
  /** After so many it is over; without it, it lasts until `heal`. */
  times?: number;
}

export const isWatch: Matches = ({ url }) => url.searchParams.get("watch") === "true";
/** A whole list or its first page. */
export const isList: Matches = (request) =>
  request.method === "GET" && !isWatch(request) && !request.url.searchParams.has("continue");

/** Passes requests on with the upstream's credentials; plain HTTP on loopback, so that everything can be looked into. */
export class FaultyKube {
  readonly #upstream: { server: string; headers: Record<string, string>; dispatcher: Dispatcher };
  readonly #watches = new Set<ServerResponse>();
  #faults: Fault[] = [];
  #swallowing = false;
  url = "";
  /** Every request that came, in order. */
  readonly requests: SeenRequest[] = [];
  mostWatchesAtOnce = 0;

  constructor(upstream: { server: string; headers: Record<string, string>; dispatcher: Dispatcher }) {
    this.#upstream = upstream;
  }

  get watchesOpen(): number {
    return this.#watches.size;
  }

  count(matches: Matches): number {
    return this.requests.filter(matches).length;
  }

  fail(fault: Fault): void {
    this.#faults.push(fault);
  }

  /** Every fault is over. */
  heal(): void {
    this.#faults = [];
    this.#swallowing = false;
  }

  /** Events of watches are lost from now on, though the watches stay open. */
  swallowEvents(): void {
    this.#swallowing = true;
  }

  /** Writes into every open watch, and what follows: more, the end of the response, or a reset. */
  tellWatches(bytes: string, then: "go on" | "end" | "reset" = "go on"): void {
    for (const watch of this.#watches) {
      watch.write(bytes);
      if (then === "end") watch.end();
      if (then === "reset") watch.socket?.resetAndDestroy();
    }
  }

  async handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "/", "http://proxy");
    const method = incoming.method ?? "GET";
    const seen = { method, url, headers: incoming.headers };
    this.requests.push(seen);
    const fault = this.#faults.find(({ matches }) => matches(seen));
    if (fault) return this.#answer(response, fault);
    const abort = new AbortController();
    response.on("close", () => abort.abort());
    if (isWatch(seen)) this.#count(response);
    const answer = await request(`${this.#upstream.server}${incoming.url}`, {
      dispatcher: this.#upstream.dispatcher,
      method: method as Dispatcher.HttpMethod, // it came as one
      headers: {
        ...this.#upstream.headers,
        ...(incoming.headers["content-type"] && { "content-type": incoming.headers["content-type"] }),
      },
      body: method === "GET" ? null : incoming,
      signal: abort.signal,
      bodyTimeout: 0,
    });
    response.writeHead(answer.statusCode, { "content-type": "application/json" });
    response.flushHeaders();
    if (!isWatch(seen)) return pipeline(answer.body, response);
    for await (const chunk of answer.body) if (!this.#swallowing) response.write(chunk);
    response.end();
  }

  #answer(response: ServerResponse, fault: Fault): void {
    if (fault.times !== undefined && --fault.times <= 0) this.#faults = this.#faults.filter((other) => other !== fault);
    response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
    const body = fault.body ?? { kind: "Status", code: fault.status, message: "a test wants it so" };
    response.write(typeof body === "string" ? body : JSON.stringify(body));
    if (fault.hangs !== true) response.end();
  }

  #count(response: ServerResponse): void {
    this.#watches.add(response);
    this.mostWatchesAtOnce = Math.max(this.mostWatchesAtOnce, this.#watches.size);
    response.on("close", () => this.#watches.delete(response));
  }
}

/** Opens the proxy before the API server of a kubeconfig. */
export async function openFaultyKube(life: Life, kubeconfig: string): Promise<FaultyKube> {
  const apiServer = await readApiServer(kubeConfigFor(kubeconfig));
  const { headers, tls } = await new CredentialSource(apiServer, testLog()).current();
  const dispatcher = new Agent({ connect: tls });
  life.defer("upstream of the faulty proxy", () => dispatcher.destroy());
  const proxy = new FaultyKube({ server: apiServer.cluster.server, headers, dispatcher });
  const server = createServer((incoming, response) => {
    proxy.handle(incoming, response).catch(() => response.destroy()); // one side has gone: so does the other
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  life.defer("faulty proxy", async () => {
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    server.closeAllConnections();
    await closed.promise;
  });
  const address = server.address();
  if (typeof address === "object" && address) proxy.url = `http://127.0.0.1:${address.port}`;
  return proxy;
}
