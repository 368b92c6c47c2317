/** Each request of the API to the store: authenticates, finds what the path names, reads or writes, and presents. */

import { createHash, timingSafeEqual } from "node:crypto";
import { splitTarget } from "../../core/request-target.ts";
import {
  type ApiRequest,
  type ApiResponse,
  answerError,
  answerJson,
  answerText,
  readJson,
  readText,
} from "./answers.ts";
import { discovery } from "./discovery.ts";
import { asObject, type Json } from "./json.ts";
import { listObjects, selection } from "./lists.ts";
import { type LogSource, readLogRequest } from "./logs.ts";
import { badRequest, methodNotAllowed, noSuchResource, notFound, Refusal, unauthorized } from "./refusal.ts";
import { type ApiPath, apiPath } from "./routes.ts";
import type { Store } from "./store.ts";
import { tableOf, wantsTable } from "./tables.ts";
import type { ApiObject } from "./types.ts";
import { serveWatch } from "./watches.ts";
import { type DeleteWish, type ObjectRef, type WriteOptions, Writes } from "./writes.ts";

export interface HandlerOptions {
  store: Store;
  token: string;
  logs: () => LogSource | undefined;
  /** Settles when a change is safe on disk. */
  saved: () => Promise<void>;
  /** Aborted when the server stops: open watches and logs end. */
  signal: AbortSignal;
  onError: (error: unknown) => void;
}

const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

interface Call {
  request: ApiRequest;
  response: ApiResponse;
  path: ApiPath;
  query: URLSearchParams;
}

export class Handler {
  readonly #options: HandlerOptions;
  readonly #writes: Writes;

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#writes = new Writes(options.store);
  }

  readonly handle = (request: ApiRequest, response: ApiResponse): void => {
    response.on("error", () => {}); // the client is gone; whatever was under way notices by `close`
    this.#answer(request, response).catch((error: unknown) => {
      if (!(error instanceof Refusal)) this.#options.onError(error);
      answerError(response, error);
    });
  };

  async #answer(request: ApiRequest, response: ApiResponse): Promise<void> {
    const target = splitTarget(request.url);
    if (!LOOPBACK_HOST.test(String(request.headers[":authority"] ?? request.headers.host ?? ""))) {
      throw badRequest("this server answers on this machine alone");
    }
    if (["/livez", "/readyz", "/healthz"].includes(target.path)) return answerText(response, 200, "ok");
    this.#authenticate(request);
    const known = request.method === "GET" ? discovery(target.path) : undefined;
    if (known) return answerJson(response, 200, known);
    if (target.path === REVIEWS && request.method === "POST") {
      return answerJson(response, 201, { ...asObject(await readJson(request)), status: { allowed: true } });
    }
    const path = apiPath(target.path);
    if (!path) throw noSuchResource();
    await this.#dispatch({ request, response, path, query: new URLSearchParams(target.search) });
  }

  #authenticate({ headers }: ApiRequest): void {
    const given = /^Bearer (.+)$/.exec(String(headers.authorization ?? ""))?.[1] ?? "";
    if (!timingSafeEqual(digest(given), digest(this.#options.token))) throw unauthorized();
  }

  async #dispatch(call: Call): Promise<void> {
    const { request, path } = call;
    const many = path.name === undefined;
    if (path.subresource === "log" && path.type.plural === "pods") return this.#log(call);
    if (request.method === "GET") return many ? this.#list(call) : this.#present(call, 200, this.#one(call));
    if (request.method === "POST" && many) return this.#create(call);
    if (request.method === "PUT" && !many) return this.#replace(call);
    if (request.method === "PATCH" && !many) return this.#patch(call);
    if (request.method === "DELETE") return many ? this.#deleteMany(call) : this.#delete(call);
    throw methodNotAllowed();
  }

  #one({ path }: Call): ApiObject {
    const { type, namespace, name = "", subresource } = path;
    if (subresource !== undefined && !type.subresources.includes(subresource)) throw noSuchResource();
    const object = this.#options.store.get(type, namespace, name);
    if (!object) throw notFound(type, name);
    return object;
  }

  #list(call: Call): void {
    const { request, response, path, query } = call;
    const { type, namespace } = path;
    const { store, signal } = this.#options;
    const asTable = wantsTable(String(request.headers.accept ?? ""));
    if (["true", "1"].includes(query.get("watch") ?? "")) {
      const include = query.get("includeObject");
      const present = (object: ApiObject): Json => (asTable ? tableOf(type, [object], { include }) : object);
      serveWatch(store, response, { type, matches: selection(type, namespace, query), query, present, signal });
      return;
    }
    const { items, metadata } = listObjects(store, { type, namespace }, query);
    const list = () => ({ kind: `${type.kind}List`, apiVersion: "v1", metadata, items: items.map(withoutKind) });
    const table = () => tableOf(type, items, { include: query.get("includeObject"), metadata });
    answerJson(response, 200, asTable ? table() : list());
  }

  async #create(call: Call): Promise<void> {
    const body = await readJson(call.request);
    await this.#written(call, 201, this.#writes.create(refIn(call), body, writeOptions(call)));
  }

  async #replace(call: Call): Promise<void> {
    const body = await readJson(call.request);
    await this.#written(call, 200, this.#writes.replace(refIn(call), body, writeOptions(call)));
  }

  async #patch(call: Call): Promise<void> {
    const contentType = String(call.request.headers["content-type"] ?? "");
    const text = await readText(call.request);
    const { object, created } = this.#writes.patch(refIn(call), { contentType, text }, writeOptions(call));
    await this.#written(call, created ? 201 : 200, object);
  }

  async #delete(call: Call): Promise<void> {
    const wish = deleteWish(await readJson(call.request), call.query);
    const { type, name } = call.path;
    const { object, gone } = this.#writes.delete(refIn(call), wish);
    if (!gone || type.plural === "pods") return this.#written(call, 200, object);
    await this.#options.saved();
    const details = { name, kind: type.plural, uid: object.metadata.uid };
    answerJson(call.response, 200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
  }

  async #deleteMany(call: Call): Promise<void> {
    const wish = deleteWish(await readJson(call.request), call.query);
    const { type, namespace } = call.path;
    const { store } = this.#options;
    const objects = store.all(type).filter(selection(type, namespace, call.query));
    for (const { metadata } of objects) {
      this.#writes.delete({ type, namespace: metadata.namespace, name: metadata.name }, wish);
    }
    await this.#options.saved();
    const metadata = { resourceVersion: String(store.version) };
    answerJson(call.response, 200, {
      kind: `${type.kind}List`,
      apiVersion: "v1",
      metadata,
      items: objects.map(withoutKind),
    });
  }

  async #log(call: Call): Promise<void> {
    const { request, response, path, query } = call;
    if (request.method !== "GET") throw methodNotAllowed();
    const pod = this.#one({ ...call, path: { ...path, subresource: undefined } });
    const closed = new AbortController();
    response.once("close", () => closed.abort());
    const wishes = readLogRequest(pod, query, AbortSignal.any([closed.signal, this.#options.signal]));
    const lines = this.#options.logs()?.read(wishes) ?? [];
    let begun = false;
    const begin = () => {
      if (!begun) response.writeHead(200, { "content-type": "text/plain" });
      begun = true;
    };
    for await (const chunk of lines) {
      begin();
      if (response.writableEnded || closed.signal.aborted) return;
      if (!response.write(chunk)) await drained(response, wishes.signal);
    }
    begin();
    response.end();
  }

  async #written(call: Call, code: number, object: ApiObject): Promise<void> {
    if (call.path.type.kept) await this.#options.saved();
    this.#present(call, code, object);
  }

  #present({ request, response, path, query }: Call, code: number, object: ApiObject): void {
    const asTable = wantsTable(String(request.headers.accept ?? ""));
    const include = query.get("includeObject");
    answerJson(response, code, asTable ? tableOf(path.type, [object], { include }) : object);
  }
}

function refIn({ path }: Call): ObjectRef {
  return { type: path.type, namespace: path.namespace, name: path.name ?? "", subresource: path.subresource };
}

function writeOptions({ request, query }: Call): WriteOptions {
  const agent = String(request.headers["user-agent"] ?? "").split("/")[0] || "unknown";
  return {
    fieldManager: query.get("fieldManager") ?? agent,
    force: query.get("force") === "true",
    strict: query.get("fieldValidation") === "Strict",
    dryRun: query.getAll("dryRun").includes("All"),
  };
}

function deleteWish(body: unknown, query: URLSearchParams): DeleteWish {
  const options = asObject(body);
  const grace = options.gracePeriodSeconds ?? query.get("gracePeriodSeconds") ?? undefined;
  const { uid, resourceVersion } = asObject(options.preconditions);
  return {
    ...(grace !== undefined && { gracePeriodSeconds: Number(grace) }),
    ...(typeof uid === "string" && { uid }),
    ...(typeof resourceVersion === "string" && { resourceVersion }),
  };
}

function withoutKind({ apiVersion: _a, kind: _k, ...object }: ApiObject): Json {
  return object;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

async function drained(response: ApiResponse, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once("drain", resolve);
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}
