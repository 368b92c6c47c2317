/** Gives the containers of a running pod other amounts of cpu and memory, as far as the node has room, and tells of it in conditions. */

import { bytesOf, coresOf } from "../../core/quantities.ts";
import { asObject, asObjects, asText, at, type Json, sameJson } from "../kube-api/json.ts";
import type { Store } from "../kube-api/store.ts";
import { type ApiObject, nodeType } from "../kube-api/types.ts";
import type { ContainerRunner } from "./container.ts";
import { NODE_NAME } from "./node.ts";
import { type Requests, requestsOf } from "./pod-plan.ts";
import { usageOf } from "./scheduler.ts";

interface Surroundings {
  store: Store;
  /** The pod as the API has it now. */
  pod: () => ApiObject;
  containers: () => readonly ContainerRunner[];
  /** Bytes that a container uses. */
  memoryOf: (container: ContainerRunner) => Promise<number>;
  /** The conditions may have changed. */
  onChange: () => void;
  onDone: () => void;
}

interface Trouble {
  reason: string;
  message: string;
}

/**
 * What the spec wishes is first *allocated*, if the node has room: else the pod is pending (Deferred until others leave, or Infeasible).
 * What is allocated is then given to the containers: until that succeeds the pod is in progress, with an error where memory is in use.
 */
export class PodResizing {
  readonly #with: Surroundings;
  #allocated: Json[];
  #pending: Trouble | undefined;
  #inProgress: Partial<Trouble> | undefined;
  #observed: number | undefined;
  #work: Promise<void> | undefined;
  #isAgain = false;

  constructor(surroundings: Surroundings) {
    this.#with = surroundings;
    this.#allocated = resourcesIn(surroundings.pod());
    this.#observed = surroundings.pod().metadata.generation;
  }

  /** The generation up to which the spec was looked at. */
  get observedGeneration(): number | undefined {
    return this.#observed;
  }

  get isUnfinished(): boolean {
    return this.#pending !== undefined || this.#inProgress !== undefined;
  }

  /** Is told in the pod's status while there is something to tell. */
  conditions(): Json[] {
    const condition = (type: string, trouble: object | undefined) =>
      trouble === undefined ? [] : [{ type, status: "True", observedGeneration: this.#observed, ...trouble }];
    return [...condition("PodResizePending", this.#pending), ...condition("PodResizeInProgress", this.#inProgress)];
  }

  /** Looks at what the spec wishes, and at what it wished before that could not be had. */
  look(): void {
    this.#isAgain = true;
    this.#work ??= this.#lookUntilQuiet().finally(() => {
      this.#work = undefined;
    });
  }

  async #lookUntilQuiet(): Promise<void> {
    while (this.#isAgain) {
      this.#isAgain = false;
      const before = { conditions: this.conditions(), observed: this.#observed };
      this.#allocate();
      await this.#actuate();
      if (!sameJson(before, { conditions: this.conditions(), observed: this.#observed })) this.#with.onChange();
    }
  }

  #allocate(): void {
    const pod = this.#with.pod();
    const wished = resourcesIn(pod);
    this.#observed = pod.metadata.generation;
    this.#pending = sameJson(wished, this.#allocated) ? undefined : noRoom(this.#with.store, pod);
    if (this.#pending === undefined) this.#allocated = wished;
  }

  async #actuate(): Promise<void> {
    const open = this.#with.containers().flatMap((container, i) => {
      const resources = this.#allocated[i] ?? {};
      return sameJson(container.resources, resources) ? [] : [{ container, resources }];
    });
    if (open.length === 0) {
      this.#inProgress = undefined;
      return;
    }
    const wasInProgress = this.#inProgress !== undefined;
    for (const { container, resources } of open) {
      const used = await this.#with.memoryOf(container);
      const error = belowUse(container, resources, used);
      if (error !== undefined) {
        // As a kubelet does, which tells the reason only when it has tried once more.
        this.#inProgress = wasInProgress ? { reason: "Error", message: error } : {};
        return;
      }
    }
    for (const { container, resources } of open) container.resize(resources);
    this.#inProgress = undefined;
    this.#with.onDone();
    this.#with.onChange();
  }
}

/** The resources of the pod's containers, in their order. */
function resourcesIn({ spec }: ApiObject): Json[] {
  return asObjects(asObject(spec).containers).map(({ resources }) => asObject(resources));
}

function belowUse(container: ContainerRunner, { limits }: Json, used: number): string | undefined {
  const limit = bytesOf(asObject(limits).memory ?? 0) ?? 0;
  const before = container.memoryLimitBytes ?? Number.POSITIVE_INFINITY;
  if (limit === 0 || limit >= before || used <= limit) return undefined;
  return `attempting to set container "${container.plan.name}" memory limit (${limit}) below current usage (${used})`;
}

/** Why the node cannot give what the pod asks for; undefined: it can. */
function noRoom(store: Store, pod: ApiObject): Trouble | undefined {
  const node = store.get(nodeType, undefined, NODE_NAME);
  if (node === undefined) return undefined;
  const allocatable = asObject(at(node, "status", "allocatable"));
  const wished = requestsOf(pod);
  const others = usageOf(store, node, (one) => one.metadata.uid !== pod.metadata.uid);
  for (const { name, of, unit } of KINDS) {
    const capacity = unit((name === "cpu" ? coresOf : bytesOf)(asText(allocatable[name])) ?? 0);
    const [requested, used] = [unit(of(wished)), unit(of(others))];
    if (requested > capacity) {
      const message = `Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${capacity}`;
      return { reason: "Infeasible", message };
    }
    if (requested + used > capacity) {
      const amounts = `requested: ${requested}, used: ${used}, capacity: ${capacity}`;
      return { reason: "Deferred", message: `Node didn't have enough resource: ${name}, ${amounts}` };
    }
  }
  return undefined;
}

/** Told in thousandths of a core, and in bytes. */
const KINDS: { name: string; of: (requests: Requests) => number; unit: (amount: number) => number }[] = [
  { name: "cpu", of: ({ cores }) => cores, unit: (cores) => Math.round(cores * 1_000) },
  { name: "memory", of: ({ memoryBytes }) => memoryBytes, unit: (bytes) => bytes },
];
