/** The kubelet of the one node: runs the pods that are bound to it as processes of this machine, without isolation. */

import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { every } from "../../core/clock.ts";
import type { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import { makeFolder } from "../files.ts";
import { asObject, asText } from "../kube-api/json.ts";
import type { KubeApi } from "../kube-api/kube-api.ts";
import type { LogRequest } from "../kube-api/logs.ts";
import { badRequest } from "../kube-api/refusal.ts";
import { type ApiObject, podType } from "../kube-api/types.ts";
import { dyingWithUs, works } from "../postgres-binaries.ts";
import { Addresses } from "./addresses.ts";
import { EventRecorder } from "./events.ts";
import type { ImageTable } from "./images.ts";
import { LabelledProcesses } from "./labelled-processes.ts";
import { endLeftoverProcesses } from "./launch.ts";
import { readLog } from "./log-reader.ts";
import type { OomKills } from "./memory-group.ts";
import { addNode, type Capacity, machineCapacity, NODE_NAME } from "./node.ts";
import { PodWorker } from "./pod-worker.ts";
import { labelOf, labelWords } from "./process-label.ts";
import { openScheduler } from "./scheduler.ts";

export interface KubeletOptions {
  api: KubeApi;
  /** Folder of its own: `run/`, `pods/`. */
  dataDir: string;
  /** Holds a folder for each volume claim. */
  claimsDir: string;
  images: ImageTable;
  log: Logger;
  capacity?: Partial<Capacity>;
  /** First delay before a container that fails again is restarted; 10 s as a kubelet's. */
  backoffMs?: number;
  /** How often memory is looked at. */
  memoryCheckMs?: number;
  /** What is killed when a container uses more than its limit. Default: all of it. */
  oomKills?: OomKills;
}

const BACKOFF_MS = 10_000;
/** Longest grace that pods get when the node stops. */
const STOP_GRACE_MS = 8_000;
const MEMORY_CHECK_MS = 1_000;

/**
 * Adds the node, ends what a killed run has left, and begins to run pods. With the life all pods end, each with a short grace.
 */
export async function openKubelet(life: Life, options: KubeletOptions): Promise<void> {
  const { api, dataDir, log } = options;
  const instance = createHash("sha256").update(dataDir).digest("hex").slice(0, 12);
  const [runDir, podsDir] = [join(dataDir, "run"), join(dataDir, "pods")];
  await makeFolder(dataDir);
  const left = await endLeftoverProcesses(runDir, instance);
  if (left > 0)
    log.warn({ processes: left }, "projects of an earlier run that was killed were still running and were ended");
  await rm(podsDir, { recursive: true, force: true });
  const kubelet = new Kubelet({
    store: api.store,
    images: options.images,
    labelled: new LabelledProcesses(),
    addresses: new Addresses(),
    events: new EventRecorder(api.store, { component: "kubelet", host: NODE_NAME }),
    instance,
    runDir,
    podsDir,
    claimsDir: options.claimsDir,
    prefix: await prefixOfCommands(),
    backoffMs: options.backoffMs ?? BACKOFF_MS,
  });
  life.defer("pods", () => kubelet.stop());
  api.serveLogs({ read: (request) => kubelet.readLog(request) });
  addNode(api.store, { ...machineCapacity(), ...options.capacity });
  openScheduler(life, api.store);
  life.run("memory of pods", (signal) =>
    every(options.memoryCheckMs ?? MEMORY_CHECK_MS, signal, async () => {
      await kubelet.checkMemory(options.oomKills ?? "container");
      kubelet.resizeAgain();
    }),
  );
}

/** Each command ends when we end, and what it starts is known for its container's, as far as the system can. */
async function prefixOfCommands(): Promise<Parts["prefix"]> {
  const [dying, labels] = [await dyingWithUs("TERM"), (await works([...labelWords(""), "true"])) === "yes"];
  return (mark) => (labels ? [...dying, ...labelWords(mark)] : dying);
}

type Parts = ConstructorParameters<typeof PodWorker>[1];

class Kubelet {
  readonly #parts: Parts;
  readonly #workers = new Map<string, PodWorker>();
  readonly #stopListening: () => void;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#stopListening = parts.store.listen(({ type, before, after }) => {
      if (type === podType) this.#see(before, after);
    });
    for (const pod of parts.store.all(podType)) this.#see(undefined, pod);
  }

  #see(before: ApiObject | undefined, after: ApiObject | undefined): void {
    const pod = after ?? before;
    if (!pod || asText(asObject(pod.spec).nodeName) !== NODE_NAME) return;
    const uid = pod.metadata.uid ?? "";
    const worker = this.#workers.get(uid);
    if (worker) worker.update(after);
    else if (after) this.#begin(uid, after);
  }

  #begin(uid: string, pod: ApiObject): void {
    const worker = new PodWorker(pod, this.#parts);
    this.#workers.set(uid, worker);
    void worker.done.finally(() => this.#workers.delete(uid));
  }

  /** The log of a container. @throws Refusal 400 when it has none yet, or had no earlier run. */
  readLog({ pod, container, previous, ...wishes }: LogRequest): AsyncIterable<Buffer> {
    const runner = this.#workers.get(pod.metadata.uid ?? "")?.container(container);
    const log = runner?.log({ previous });
    if (log) return readLog(log, wishes);
    const { name } = pod.metadata;
    if (previous) throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
    const reason = runner?.state.waiting?.reason ?? "ContainerCreating";
    if (asText(asObject(pod.spec).nodeName) === "") return readNothing();
    throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ${reason}`);
  }

  /** Ends containers that use more than their limit, or a process of theirs. */
  async checkMemory(kills: OomKills): Promise<void> {
    const limited = [...this.#workers.values()]
      .flatMap(({ runners }) => runners)
      .filter(({ memoryLimitBytes, state }) => memoryLimitBytes !== undefined && state.running);
    if (limited.length === 0) return;
    const processes = await this.#parts.labelled.memory(this.#parts.instance);
    for (const runner of limited) await runner.checkMemory(processes.get(labelOf(runner.mark)) ?? [], kills);
  }

  /** What could not be had when it was wished for is tried again. */
  resizeAgain(): void {
    for (const worker of this.#workers.values()) worker.resizeAgain();
  }

  async stop(): Promise<void> {
    this.#stopListening();
    const workers = [...this.#workers.values()];
    for (const worker of workers) worker.end(STOP_GRACE_MS);
    await Promise.all(workers.map(({ done }) => done));
  }
}

async function* readNothing(): AsyncGenerator<Buffer> {}
