/** One pod on this node, from its binding to its end: address, volumes, containers, status, and a death with grace. */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { sameJson } from "../kube-api/json.ts";
import type { Store } from "../kube-api/store.ts";
import { type ApiObject, podType, timestamp } from "../kube-api/types.ts";
import type { Addresses } from "./addresses.ts";
import { ContainerRunner, type ContainerSurroundings } from "./container.ts";
import { ConfigError } from "./environment.ts";
import type { EventRecorder } from "./events.ts";
import type { ImageTable } from "./images.ts";
import type { LabelledProcesses } from "./labelled-processes.ts";
import { type PodPlan, podPlan } from "./pod-plan.ts";
import { PodResizing } from "./pod-resizing.ts";
import { podStatus } from "./pod-status.ts";
import { labelOf } from "./process-label.ts";
import { makeVolumes } from "./volumes.ts";

/** What all pods of the node share. */
export interface NodeParts {
  store: Store;
  images: ImageTable;
  labelled: LabelledProcesses;
  addresses: Addresses;
  events: EventRecorder;
  /** Names this instance in the marks of containers. */
  instance: string;
  runDir: string;
  podsDir: string;
  claimsDir: string;
  /** Words before each command of the container with this mark. */
  prefix: (mark: string) => readonly string[];
  backoffMs: number;
}

const MOUNT_RETRY_MS = 2_000;

/**
 * States: starting (address, volumes) → initializing → running → over (no container will run again), and from each of them ending → gone.
 * Ending begins when the pod is marked for deletion, is removed by force, or the node stops; `done` resolves when nothing of it is left
 * on this machine.
 */
export class PodWorker {
  readonly uid: string;
  readonly done: Promise<void>;
  readonly #parts: NodeParts;
  readonly #plan: PodPlan;
  readonly #resizing: PodResizing;
  readonly #podDir: string;
  readonly #stop = new AbortController();
  readonly #startTime = timestamp();
  #pod: ApiObject;
  #podIp: string | undefined;
  #initContainers: ContainerRunner[] = [];
  #containers: ContainerRunner[] = [];
  #initialized = false;
  #over = false;
  #ending: Promise<void> | undefined;

  constructor(pod: ApiObject, parts: NodeParts) {
    this.#pod = pod;
    this.#parts = parts;
    this.#plan = podPlan(pod);
    this.uid = this.#plan.uid;
    this.#podDir = join(parts.podsDir, this.uid);
    this.#initialized = this.#plan.initContainers.length === 0;
    this.#resizing = new PodResizing({
      store: parts.store,
      pod: () => this.#pod,
      containers: () => this.#containers,
      memoryOf: async ({ mark }) => {
        const processes = (await parts.labelled.memory(parts.instance)).get(labelOf(mark)) ?? [];
        return processes.reduce((sum, { bytes }) => sum + bytes, 0);
      },
      onChange: () => this.#publish(),
      onDone: () => this.#recordResized(),
    });
    this.done = this.#live();
  }

  /** The pod as the API has it now; undefined: it was removed by force. */
  update(pod: ApiObject | undefined): void {
    if (pod === undefined) {
      this.end(0);
      return;
    }
    this.#pod = pod;
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    if (deletionTimestamp !== undefined) this.end(deletionGracePeriodSeconds * 1000);
    else if (pod.metadata.generation !== this.#resizing.observedGeneration) this.#resizing.look();
  }

  /** Tries once more to give what could not be given. */
  resizeAgain(): void {
    if (this.#resizing.isUnfinished && !this.#stop.signal.aborted) this.#resizing.look();
  }

  /** Ends all containers; a second call may only shorten the grace. */
  end(graceMs: number): void {
    const first = this.#ending === undefined;
    this.#stop.abort();
    const all = [...this.#initContainers, ...this.#containers];
    for (const { state, plan } of all) {
      if (first && state.running) this.#record("Killing", `Stopping container ${plan.name}`, plan.name);
    }
    const ended = Promise.all(all.map((container) => container.terminate(graceMs))).then(() => {});
    this.#ending = this.#ending ? Promise.all([this.#ending, ended]).then(() => {}) : ended;
  }

  /** The container of a name, if it has been made. */
  container(name: string): ContainerRunner | undefined {
    return [...this.#initContainers, ...this.#containers].find(({ plan }) => plan.name === name);
  }

  get runners(): readonly ContainerRunner[] {
    return [...this.#initContainers, ...this.#containers];
  }

  async #live(): Promise<void> {
    try {
      await this.#work();
    } catch (error) {
      this.#parts.events.record(this.#pod, { type: "Warning", reason: "FailedSync", message: messageOf(error) });
    }
    if (!this.#stop.signal.aborted) await stopped(this.#stop.signal);
    await this.#ending;
    this.#publish();
    if (this.#podIp !== undefined) this.#parts.addresses.giveBack(this.#podIp);
    await Promise.all(this.runners.map((runner) => runner.untell()));
    await rm(this.#podDir, { recursive: true, force: true });
    const { store } = this.#parts;
    const { namespace, name } = this.#pod.metadata;
    const now = store.get(podType, namespace, name);
    if (now?.metadata.uid === this.uid && now.metadata.deletionTimestamp !== undefined) store.remove(podType, now);
  }

  async #work(): Promise<void> {
    if (this.#pod.metadata.deletionTimestamp !== undefined) this.update(this.#pod);
    if (this.#stop.signal.aborted) return;
    this.#podIp = await this.#parts.addresses.take();
    const folders = await this.#untilMounted();
    if (!folders) return;
    const surroundings = this.#surroundings(this.#podIp, folders);
    const policy = this.#plan.restartPolicy;
    const initPolicy = policy === "Never" ? "Never" : "OnFailure";
    this.#initContainers = this.#plan.initContainers.map((plan) => new ContainerRunner(plan, initPolicy, surroundings));
    this.#containers = this.#plan.containers.map((plan) => new ContainerRunner(plan, policy, surroundings));
    this.#resizing.look(); // in case that something else was wished meanwhile
    this.#publish();
    for (const container of this.#initContainers) {
      await container.run();
      if (this.#stop.signal.aborted) return;
      if (container.state.terminated?.exitCode !== 0) return this.#finish();
    }
    this.#initialized = true;
    await Promise.all(this.#containers.map((container) => container.run()));
    this.#finish();
  }

  #finish(): void {
    this.#over = true;
    this.#publish();
  }

  async #untilMounted(): Promise<Map<string, string> | undefined> {
    const { store, claimsDir } = this.#parts;
    while (!this.#stop.signal.aborted) {
      try {
        const { volumes } = this.#plan;
        return await makeVolumes({ store, pod: this.#pod, volumes, claimsDir, podDir: this.#podDir });
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        this.#parts.events.record(this.#pod, { type: "Warning", reason: "FailedMount", message: messageOf(error) });
        this.#publish();
        await sleep(MOUNT_RETRY_MS, this.#stop.signal);
      }
    }
    return undefined;
  }

  #surroundings(podIp: string, folders: ReadonlyMap<string, string>): ContainerSurroundings {
    const { store, images, labelled, instance, runDir, prefix, backoffMs, events } = this.#parts;
    return {
      ...{ store, images, labelled, instance, runDir, prefix, backoffMs, podIp, folders },
      podDir: this.#podDir,
      pod: () => this.#pod,
      record: (event, container) => events.record(this.#pod, event, `spec.containers{${container}}`),
      onChange: () => this.#publish(),
    };
  }

  /** Writes the status if it has changed and the pod is still this one. */
  #publish(): void {
    const { store } = this.#parts;
    const { namespace, name } = this.#pod.metadata;
    const now = store.get(podType, namespace, name);
    if (now?.metadata.uid !== this.uid) return;
    const status = podStatus(now, {
      podIp: this.#podIp,
      startTime: this.#startTime,
      initContainers: this.#initContainers,
      containers: this.#containers,
      initialized: this.#initialized,
      over: this.#over,
      resizing: this.#resizing,
    });
    if (!sameJson(status, now.status)) this.#pod = store.put(podType, { ...now, status });
  }

  #recordResized(): void {
    const message = "Pod resize completed";
    this.#parts.events.record(this.#pod, { type: "Normal", reason: "ResizeCompleted", message });
  }

  #record(reason: string, message: string, container: string): void {
    this.#parts.events.record(this.#pod, { type: "Normal", reason, message }, `spec.containers{${container}}`);
  }
}

async function stopped(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}
