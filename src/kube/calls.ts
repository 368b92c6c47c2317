/** The calls of the Kubernetes client, each one request of the wire (a list: one per page). */

import { isAppError, unavailable } from "../core/errors.ts";
import { type RawList, withKinds } from "./kinds.ts";
import { ListPieces } from "./list-pieces.ts";
import { collectionPath, objectPath } from "./paths.ts";
import { pods } from "./resources.ts";
import { slim } from "./slim.ts";
import type { ApiRequest, Transport } from "./transport.ts";
import type {
  CreateOptions,
  DeleteOptions,
  Kube,
  KubeList,
  KubeObject,
  Pod,
  ResizeWish,
  Resource,
  Selection,
} from "./types.ts";

const FIELD_MANAGER = "cocalc";
const PAGE_SIZE = 500;
/** Of one answer with a container's log: a program may write without end. */
const MAX_LOG_BYTES = 1024 * 1024;

/** What `Kube` promises, in one namespace; and `listKept` and `watch`, which only reflectors use. */
export class Calls {
  readonly #transport: Transport;
  readonly #namespace: string;

  constructor(transport: Transport, namespace: string) {
    this.#transport = transport;
    this.#namespace = namespace;
  }

  get<T extends KubeObject>(resource: Resource<T>, name: string): Promise<T> {
    return this.#json({
      method: "GET",
      path: objectPath(resource, this.#namespace, name),
      what: `read ${resource.plural}/${name}`,
      repeatable: true,
    });
  }

  /** All pages; when the server forgets the place between two of them, once more in one piece. */
  async list<T extends KubeObject>(
    resource: Resource<T>,
    selection: Selection = {},
    signal?: AbortSignal,
  ): Promise<KubeList<T>> {
    const readPage = (query: PageQuery) => this.#page(resource, { ...selection, ...query }, signal);
    try {
      return await readPages(readPage);
    } catch (error) {
      if (!isAppError(error, "gone")) throw error;
      return withKinds(await readPage({}));
    }
  }

  /**
   * All in one answer, out of what the API server has in memory: that costs it less than its database does. At least as new as the version
   * `notOlderThan`; where that is not told, of any age (where several API servers stand side by side and one of them lags), and the watch from
   * its version brings the rest. One try, and objects come without their managers.
   */
  async listKept<T extends KubeObject>(
    resource: Resource<T>,
    { selection, notOlderThan = "0", signal }: KeptOptions,
  ): Promise<KubeList<T>> {
    const request: ApiRequest = {
      method: "GET",
      path: collectionPath(resource, this.#namespace),
      query: { ...selection, resourceVersion: notOlderThan, resourceVersionMatch: "NotOlderThan" },
      what: `list ${resource.plural}`,
    };
    const pieces = new ListPieces<T>();
    const items: T[] = [];
    const reading = new AbortController();
    const ends = AbortSignal.any([signal, reading.signal]);
    try {
      for await (const chunk of await this.#transport.stream(request, ends, { mayBeSilent: false })) {
        for (const object of pieces.push(chunk)) items.push(slim(object));
      }
      return pieces.end(items);
    } finally {
      reading.abort(); // frees the answer also where it was not read to its end
    }
  }

  /** Opens a watch from a version, with bookmarks: the raw bytes, one event per line. */
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): Promise<AsyncIterable<Uint8Array>> {
    const { selection, resourceVersion, timeoutSeconds, signal } = options;
    const request: ApiRequest = {
      method: "GET",
      path: collectionPath(resource, this.#namespace),
      query: { ...selection, watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds },
      what: `watch ${resource.plural}`,
    };
    return this.#transport.stream(request, signal, { mayBeSilent: true });
  }

  create<T extends KubeObject>(resource: Resource<T>, body: T, { dryRun = false }: CreateOptions = {}): Promise<T> {
    return this.#json({
      method: "POST",
      path: collectionPath(resource, this.#namespace),
      query: { fieldManager: FIELD_MANAGER, fieldValidation: "Strict", ...(dryRun && { dryRun: "All" }) },
      body,
      what: `create ${resource.plural}/${body.metadata.name}`,
      repeatable: true, // an answer that was lost comes back as 409, which callers look into anyway
      retryConflicts: true, // «AlreadyExists» is another reason and is not repeated
    });
  }

  apply<T extends KubeObject>(resource: Resource<T>, body: T): Promise<T> {
    return this.#json({
      method: "PATCH",
      path: objectPath(resource, this.#namespace, body.metadata.name),
      query: { fieldManager: FIELD_MANAGER, force: true, fieldValidation: "Strict" },
      contentType: "application/apply-patch+yaml", // JSON is YAML
      body,
      what: `apply ${resource.plural}/${body.metadata.name}`,
      repeatable: true,
      retryConflicts: body.metadata.resourceVersion === undefined,
    });
  }

  patch<T extends KubeObject>(resource: Resource<T>, name: string, patch: object): Promise<T> {
    return this.#json({
      method: "PATCH",
      path: objectPath(resource, this.#namespace, name),
      query: { fieldManager: FIELD_MANAGER },
      contentType: "application/merge-patch+json",
      body: patch,
      what: `patch ${resource.plural}/${name}`,
      repeatable: true,
      retryConflicts: !hasPrecondition(patch),
    });
  }

  /** The strategic kind of patch: it finds containers by their names, and leaves what it does not name. */
  resizePod(name: string, { uid, containers }: ResizeWish): Promise<Pod> {
    return this.#json({
      method: "PATCH",
      path: `${objectPath(pods, this.#namespace, name)}/resize`,
      query: { fieldManager: FIELD_MANAGER },
      contentType: "application/strategic-merge-patch+json",
      body: { metadata: { uid }, spec: { containers } },
      what: `resize pods/${name}`,
      repeatable: true,
    });
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    { uid, resourceVersion, gracePeriodSeconds }: DeleteOptions = {},
  ): Promise<void> {
    const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    try {
      await this.#transport.call({
        method: "DELETE",
        path: objectPath(resource, this.#namespace, name),
        body: {
          kind: "DeleteOptions",
          apiVersion: "v1",
          ...(Object.keys(preconditions).length > 0 && { preconditions }),
          ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
        },
        what: `delete ${resource.plural}/${name}`,
        repeatable: uid !== undefined, // without it, the second try might hit a successor of the same name
      });
    } catch (error) {
      if (!isAppError(error, "not_found")) throw error;
    }
  }

  async podLog(name: string, { container, tailLines, previous }: PodLogOptions = {}): Promise<string> {
    const { text } = await this.#transport.call({
      method: "GET",
      path: `${objectPath(pods, this.#namespace, name)}/log`,
      query: { container, tailLines, previous, limitBytes: MAX_LOG_BYTES },
      what: `read the log of pods/${name}`,
      repeatable: false, // a 500 says that the pod's node does not answer: it would not for the whole deadline
    });
    return text;
  }

  async mayI({ verb, resource, group = "", subresource, namespaced = true }: Access): Promise<boolean> {
    const attributes = { verb, resource, group, subresource, ...(namespaced && { namespace: this.#namespace }) };
    const review: { status?: { allowed?: boolean } } = await this.#json({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: attributes },
      },
      what: `ask whether we may ${verb} ${resource}`,
      repeatable: true,
    });
    return review.status?.allowed === true;
  }

  async serverVersion(): Promise<string> {
    const version: { gitVersion?: string } = await this.#json({
      method: "GET",
      path: "/version",
      what: "tell its version",
      repeatable: true,
    });
    return version.gitVersion ?? "unknown";
  }

  #page<T extends KubeObject>(
    resource: Resource<T>,
    query: Selection & PageQuery,
    signal: AbortSignal | undefined,
  ): Promise<RawList<T>> {
    return this.#json({
      method: "GET",
      path: collectionPath(resource, this.#namespace),
      query: { ...query },
      what: `list ${resource.plural}`,
      repeatable: true,
      ...(signal && { signal }),
    });
  }

  /** The answer as what the API server promises for this path: its shape is the contract suite's business. */
  async #json<R>(request: ApiRequest): Promise<R> {
    const { text } = await this.#transport.call(request);
    try {
      return JSON.parse(text) as R;
    } catch (cause) {
      throw unavailable(`Something that is no Kubernetes API answered when asked to ${request.what}.`, { cause });
    }
  }
}

type PodLogOptions = NonNullable<Parameters<Kube["podLog"]>[1]>;
type Access = Parameters<Kube["mayI"]>[0];

interface PageQuery {
  limit?: number;
  continue?: string;
}

interface KeptOptions {
  selection: Selection;
  notOlderThan: string | undefined;
  signal: AbortSignal;
}

interface WatchOptions {
  selection: Selection;
  resourceVersion: string;
  /** The server ends the watch then. */
  timeoutSeconds: number;
  signal: AbortSignal;
}

async function readPages<T extends KubeObject>(
  readPage: (query: PageQuery) => Promise<RawList<T>>,
): Promise<KubeList<T>> {
  const { metadata, items } = withKinds(await readPage({ limit: PAGE_SIZE }));
  for (let next = metadata.continue; next; ) {
    const page = await readPage({ limit: PAGE_SIZE, continue: next });
    items.push(...withKinds(page).items);
    next = page.metadata.continue;
  }
  return { metadata: { resourceVersion: metadata.resourceVersion }, items };
}

function hasPrecondition(patch: object): boolean {
  const metadata = "metadata" in patch ? patch.metadata : undefined;
  return typeof metadata === "object" && metadata !== null && "resourceVersion" in metadata;
}
