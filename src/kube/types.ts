/** The Kubernetes objects we read and write, as raw JSON of the wire, and the one client's surface. Nothing here connects. */

import type { Life } from "../core/life.ts";

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  /** Counts what was wished of it: grows with each change of its spec. */
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface KubeList<T extends KubeObject> {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: { exitCode: number; signal?: number; reason?: string; message?: string; finishedAt?: string };
}

/** Quantities by resource, such as `{ cpu: "1500m", memory: "2000Mi" }`. */
export type Quantities = Record<string, string>;

export interface ContainerResources {
  requests?: Quantities;
  limits?: Quantities;
}

export interface ContainerStatus {
  name: string;
  ready: boolean;
  restartCount: number;
  started?: boolean;
  state?: ContainerState;
  lastState?: ContainerState;
  image?: string;
  /** What it has, while its spec says what it should have. */
  resources?: ContainerResources;
}

export interface PodCondition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  /** The pod's `generation` that it is about. */
  observedGeneration?: number;
}

export interface PodStatus {
  /** The `generation` up to which its node has seen what was wished; absent where nodes do not tell. */
  observedGeneration?: number;
  /** For its life. */
  qosClass?: string;
  phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
  reason?: string;
  message?: string;
  podIP?: string;
  hostIP?: string;
  startTime?: string;
  conditions?: PodCondition[];
  initContainerStatuses?: ContainerStatus[];
  containerStatuses?: ContainerStatus[];
}

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: object;
}

export interface Container {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  env?: EnvVar[];
  resources?: ContainerResources;
  volumeMounts?: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[];
  [field: string]: unknown;
}

export interface PodSpec {
  nodeName?: string;
  containers: Container[];
  initContainers?: Container[];
  [field: string]: unknown;
}

export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: PodStatus;
}

export interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

export interface KubeNode extends KubeObject {
  spec?: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[] };
  status?: {
    conditions?: PodCondition[];
    allocatable?: Record<string, string>;
    images?: { names?: string[]; sizeBytes?: number }[];
  };
}

/** An event about an object, core/v1. */
export interface KubeEvent extends KubeObject {
  /** `fieldPath`: of which part of it, such as spec.containers{project}. */
  involvedObject: { kind?: string; name?: string; uid?: string; fieldPath?: string };
  reason?: string;
  message?: string;
  type?: string;
  count?: number;
  lastTimestamp?: string;
  eventTime?: string;
}

/** Which collection: `resources.pods` and its like are in `resources.ts`. */
export interface Resource<T extends KubeObject> {
  /** "" is the core group. */
  group: string;
  version: string;
  plural: string;
  namespaced: boolean;
  /** Only ties the type; never present. */
  readonly object?: T;
}

export interface Selection {
  labelSelector?: string;
  fieldSelector?: string;
}

export interface DeleteOptions {
  /** Refuses (409 `conflict`) when the object is another one of the same name. */
  uid?: string;
  resourceVersion?: string;
  gracePeriodSeconds?: number;
}

/** What the containers of a running pod shall have from now on; what is not named stays as it is. */
export interface ResizeWish {
  /** Refuses when the pod is another one of the same name. */
  uid: string;
  containers: { name: string; resources: ContainerResources }[];
}

export interface CreateOptions {
  /** Only asks: everything is checked, nothing is made. */
  dryRun?: boolean;
}

/** A cache of one selection of objects that is kept true by list + watch + relist. */
export interface Reflector<T extends KubeObject> {
  /** Resolves when the first list is in. */
  readonly synced: Promise<void>;
  get(name: string): T | undefined;
  list(): T[];
  /** Milliseconds since the API server last confirmed the cache (a list, an event, a bookmark, the orderly end of a watch). */
  ageMs(): number;
  /** Does the API server refuse an optional list? Then nothing is known. */
  readonly isRefused: boolean;
}

export interface ReflectorOptions<T extends KubeObject> extends Selection {
  resource: Resource<T>;
  /** One object changed, appeared, or (undefined) is gone; only enqueue a key here. `before` is what the cache held. */
  onChange?: (name: string, now: T | undefined, before: T | undefined) => void;
  /** A whole list replaced the cache (at start, after 410, every few minutes): compare with the world. */
  onRelist?: (objects: T[]) => void;
  /** About how often the whole list is read again. */
  relistSeconds?: number;
  /** About how long one watch is; its orderly end confirms the cache where nothing happens. */
  watchSeconds?: number;
  /** A watch that brings nothing for so long, not even its end, is given up. */
  silenceSeconds?: number;
  /** This process can do without: where the API server refuses the list, `isRefused` says so, and no cache counts as old. */
  isOptional?: boolean;
}

/** How well the client is: each undefined while all is well, or what is wrong, in words. */
export interface KubeHealth {
  /** Its caches are old and it reaches nothing: whoever leads by them lets another one lead. */
  unfit(): string | undefined;
  /** It fails where a fresh connection succeeds: only a restart mends that. */
  stuck(): string | undefined;
  /** Caches that nobody feeds any more. */
  old(): string | undefined;
  /** How old each cache is, for whoever looks; undefined where nothing is cached. */
  ages(): string | undefined;
}

/**
 * The one Kubernetes client of a process. Every call has a deadline, retries 429/5xx with jitter and Retry-After, and
 * throws AppError: `not_found` 404, `conflict` 409, `gone` 410, `forbidden` 403, `invalid` 400/422, `unavailable` otherwise.
 */
export interface Kube {
  readonly namespace: string;
  readonly health: KubeHealth;
  get<T extends KubeObject>(resource: Resource<T>, name: string): Promise<T>;
  /** All pages. */
  list<T extends KubeObject>(resource: Resource<T>, selection?: Selection): Promise<KubeList<T>>;
  /** Plain POST of the raw body: 409 when the name is taken. A field that no schema knows is `invalid`. */
  create<T extends KubeObject>(resource: Resource<T>, body: T, options?: CreateOptions): Promise<T>;
  /** Server-side apply with our field manager, forced; no role has the right to. */
  apply<T extends KubeObject>(resource: Resource<T>, body: T): Promise<T>;
  /**
   * Asks for other amounts of cpu and memory for a running pod, by its sub-resource `resize`: its node does it, or tells in the pod's
   * conditions why not. `not_found` also where the cluster has no such sub-resource.
   */
  resizePod(name: string, wish: ResizeWish): Promise<Pod>;
  /** JSON merge patch; no role has the right to. */
  patch<T extends KubeObject>(resource: Resource<T>, name: string, patch: object): Promise<T>;
  /** 404 counts as done. */
  delete<T extends KubeObject>(resource: Resource<T>, name: string, options?: DeleteOptions): Promise<void>;
  podLog(name: string, options?: { container?: string; tailLines?: number; previous?: boolean }): Promise<string>;
  openReflector<T extends KubeObject>(life: Life, options: ReflectorOptions<T>): Reflector<T>;
  /** May this process's identity do that (SelfSubjectAccessReview)? */
  mayI(access: {
    verb: string;
    resource: string;
    group?: string;
    subresource?: string;
    namespaced?: boolean;
  }): Promise<boolean>;
  /** Version of the API server, such as v1.34.4. */
  serverVersion(): Promise<string>;
}
