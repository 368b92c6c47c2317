/** The Kubernetes API as raw requests, for the contract suite: statuses and bodies as they come, no retries, no mapping. */

import { Agent, request } from "undici";
import type { Life } from "../../src/core/life.ts";
import { CredentialSource, type TlsMaterial } from "../../src/kube/credentials.ts";
import { readApiServer } from "../../src/kube/kubeconfig.ts";
import type { KubeObject } from "../../src/kube/types.ts";
import { type WatchEvent, WatchLines } from "../../src/kube/watch-lines.ts";
import { testLog } from "../helpers/log.ts";
import { kubeConfigFor } from "./target.ts";

export interface WireOptions {
  query?: Record<string, string>;
  body?: object;
  contentType?: string;
  token?: string;
}

/** A body of the wire: whatever object it is, with the fields that tests look at. */
export interface WireBody extends KubeObject {
  code?: number;
  reason?: string;
  message?: string;
  data?: Record<string, string>;
  items: WireBody[];
  metadata: KubeObject["metadata"] & { continue?: string; remainingItemCount?: number; resourceVersion: string };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

export interface WireAnswer {
  status: number;
  text: string;
  body: WireBody;
}

/** A watch that is open: its events so far, and how it ended. */
export interface OpenWatch {
  status: number;
  events: WatchEvent[];
  /** Resolves when the server has ended the watch in good order, rejects when the connection was lost. */
  ended: Promise<void>;
  close(): void;
}

export interface Wire {
  send(method: string, path: string, options?: WireOptions): Promise<WireAnswer>;
  watch(path: string, query: Record<string, string>): Promise<OpenWatch>;
}

/** Opens raw access with the credentials of a kubeconfig. */
export async function openWire(life: Life, kubeconfig: string): Promise<Wire> {
  const apiServer = await readApiServer(kubeConfigFor(kubeconfig));
  const { headers, tls } = await new CredentialSource(apiServer, testLog()).current();
  const dispatcher = new Agent({ connect: tls });
  life.defer("raw connections", () => dispatcher.destroy());
  const urlOf = (path: string, query: Record<string, string> = {}) =>
    `${apiServer.cluster.server}${path}?${new URLSearchParams(query)}`;
  return {
    async send(method, path, { query, body, contentType = "application/json", token } = {}) {
      const answer = await request(urlOf(path, query), {
        dispatcher: token === undefined ? dispatcher : withoutClientCertificate(life, tls),
        method,
        headers: {
          ...(token === undefined ? headers : { authorization: `Bearer ${token}` }),
          ...(body && { "content-type": contentType }),
        },
        body: body ? JSON.stringify(body) : null,
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, text, body: parsed(text) };
    },
    async watch(path, query) {
      const abort = new AbortController();
      life.defer("raw watch", () => abort.abort());
      const answer = await request(urlOf(path, { ...query, watch: "true" }), {
        dispatcher,
        headers,
        signal: abort.signal,
        bodyTimeout: 0,
      });
      const events: WatchEvent[] = [];
      const ended = follow(answer.body, events, abort.signal);
      ended.catch(() => {}); // a test that cares awaits it
      return { status: answer.statusCode, events, ended, close: () => abort.abort() };
    },
  };
}

function withoutClientCertificate(life: Life, { cert: _cert, key: _key, ...tls }: TlsMaterial): Agent {
  const agent = new Agent({ connect: tls });
  life.defer("raw connections of a token", () => agent.destroy());
  return agent;
}

async function follow(body: AsyncIterable<Uint8Array>, events: WatchEvent[], signal: AbortSignal): Promise<void> {
  const lines = new WatchLines();
  try {
    for await (const chunk of body) events.push(...lines.push(chunk));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function parsed(text: string): WireBody {
  try {
    return JSON.parse(text) as WireBody; // tests look at the fields they expect
  } catch {
    return { apiVersion: "", kind: "", metadata: { name: "", resourceVersion: "" }, items: [] };
  }
}
