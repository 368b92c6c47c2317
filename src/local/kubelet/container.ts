/** One container of a pod: image, process, probes, restarts with back-off, and its status. Knows nothing of other containers. */

import { join } from "node:path";
import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { bytesOf } from "../../core/quantities.ts";
import type { ContainerState } from "../../kube/types.ts";
import { makeFolder } from "../files.ts";
import { asObject, type Json } from "../kube-api/json.ts";
import type { Store } from "../kube-api/store.ts";
import { type ApiObject, timestamp } from "../kube-api/types.ts";
import { signalGroup } from "../processes.ts";
import { ContainerLog } from "./container-log.ts";
import { ConfigError, expand, type Mapping, mapPaths, specifiedEnv } from "./environment.ts";
import type { EventText } from "./events.ts";
import { findImage, type ImageTable, type LocalImage } from "./images.ts";
import type { LabelledProcesses } from "./labelled-processes.ts";
import { baseEnv, type Exit, type Launched, launch } from "./launch.ts";
import { MemoryGroup, type MemoryOf, type OomKills } from "./memory-group.ts";
import type { ContainerPlan, ProbePlan, RestartPolicy } from "./pod-plan.ts";
import { type ProbeTarget, runProbe } from "./probes.ts";
import { mapMounts } from "./volumes.ts";

/** What a container has around it. */
export interface ContainerSurroundings {
  store: Store;
  images: ImageTable;
  labelled: LabelledProcesses;
  instance: string;
  runDir: string;
  podDir: string;
  /** Words before each command of the container with this mark. */
  prefix: (mark: string) => readonly string[];
  /** First delay before a container that fails again is restarted, in ms; doubles up to thirty times that. */
  backoffMs: number;
  podIp: string;
  folders: ReadonlyMap<string, string>;
  /** The pod as it is now. */
  pod: () => ApiObject;
  record: (event: EventText, container: string) => void;
  /** The status has changed. */
  onChange: () => void;
}

const BACKOFF_DOUBLINGS = 30;
/** A container that ran so long has forgotten its failures. */
const FORGIVEN_MS = 600_000;
const PULL_FAILED_SHOWN_MS = 1_000;

type EndOfRun = { exitCode: number; reason: string; message?: string; startedAt: string; finishedAt: string };

/** A process that runs, and what the container knows of it. */
interface Running {
  process: Launched;
  startedAt: string;
  /** Set when somebody ends it, with the reason to tell. */
  killReason: string | undefined;
}

/**
 * States as in its status: waiting (with a reason) → running → terminated → (waiting → running …, if it is restarted).
 * `run` goes through them and resolves when the container will not run again. `terminate` may be called at any moment, by anybody.
 */
export class ContainerRunner {
  readonly plan: ContainerPlan;
  readonly #with: ContainerSurroundings;
  readonly #policy: RestartPolicy;
  readonly #stop = new AbortController();
  #state: ContainerState = { waiting: { reason: "ContainerCreating" } };
  #lastState: ContainerState = {};
  #restarts = 0;
  #ready = false;
  #started = false;
  #everStarted = false;
  #running: Running | undefined;
  /** What it has; changes when the pod is resized. */
  #resources: Json;
  readonly #memory: MemoryGroup;
  #logs: { current: ContainerLog | undefined; previous: ContainerLog | undefined } = {
    current: undefined,
    previous: undefined,
  };

  constructor(plan: ContainerPlan, policy: RestartPolicy, surroundings: ContainerSurroundings) {
    this.plan = plan;
    this.#resources = plan.resources;
    this.#policy = policy;
    this.#with = surroundings;
    this.#memory = new MemoryGroup(join(surroundings.podDir, "memory", plan.name));
  }

  get state(): ContainerState {
    return this.#state;
  }
  get isReady(): boolean {
    return this.#ready;
  }
  get hasEverStarted(): boolean {
    return this.#everStarted;
  }
  get resources(): Json {
    return this.#resources;
  }
  get memoryLimitBytes(): number | undefined {
    return bytesOf(asObject(this.#resources.limits).memory);
  }
  /** The log of the present or last run, or of the one before it. */
  log({ previous }: { previous: boolean }): ContainerLog | undefined {
    return previous ? this.#logs.previous : this.#logs.current;
  }
  /** Names it among all containers of this machine. */
  get mark(): string {
    return `${this.#with.instance}/${this.#with.pod().metadata.uid}/${this.plan.name}`;
  }

  /** Its entry in the pod's status. */
  status(): Json {
    const { name, image } = this.plan;
    const resources = this.#resources;
    const allocatedResources = asObject(resources.requests);
    return {
      name,
      state: this.#state,
      lastState: this.#lastState,
      ready: this.#ready,
      restartCount: this.#restarts,
      started: this.#started,
      image,
      imageID: findImage(this.#with.images, image) ? `local://${image}` : "",
      ...(this.#everStarted && {
        containerID: `process://${this.#running?.process.pid ?? 0}`,
        resources,
        allocatedResources,
      }),
    };
  }

  /** Runs it until it will not be run again. */
  async run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const image = await this.#untilImage();
      if (!image) break;
      const startedAt = performance.now();
      const ending = await this.#runOnce(image);
      if (!ending || this.#stop.signal.aborted || !this.#mayRestart(ending)) break;
      if (performance.now() - startedAt > FORGIVEN_MS) failures = 0;
      await this.#backOff(failures++, ending);
      this.#restarts++;
    }
    this.#change(() => {
      if (this.#state.waiting && this.#everStarted && this.#lastState.terminated) this.#state = this.#lastState;
    });
  }

  /** Gives it other amounts of cpu and memory while it runs. */
  resize(resources: Json): void {
    this.#change(() => (this.#resources = resources));
  }

  /** Asks it to end, and kills it after its grace. Resolves when none of its processes is left. */
  async terminate(graceMs: number, reason?: string): Promise<void> {
    this.#stop.abort();
    await this.#end(graceMs, reason);
  }

  /** Looks whether its processes use more memory than it may. */
  async checkMemory(processes: readonly MemoryOf[], kills: OomKills): Promise<void> {
    const main = this.#running?.process.pid;
    const limit = this.memoryLimitBytes ?? Number.POSITIVE_INFINITY;
    if (await this.#memory.isOver({ processes, limit, main, kills })) await this.kill(0, "OOMKilled");
  }

  /** Tells of its memory no more: the pod's folder is about to go. */
  untell(): Promise<void> {
    return this.#memory.end();
  }

  /** Ends the present run for a reason; whether it runs again is for the restart policy. */
  async kill(graceMs: number, reason: string): Promise<void> {
    await this.#end(graceMs, reason);
  }

  async #end(graceMs: number, reason: string | undefined): Promise<void> {
    const running = this.#running;
    if (!running) return;
    running.killReason ??= reason;
    const { pid, exit } = running.process;
    if (graceMs > 0) {
      signalGroup(pid, "SIGTERM");
      const patience = new AbortController();
      await Promise.race([exit, sleep(graceMs, patience.signal)]);
      patience.abort();
    }
    signalGroup(pid, "SIGKILL");
    await this.#with.labelled.killContainer(this.mark);
    await exit;
  }

  #mayRestart({ exitCode }: EndOfRun): boolean {
    return this.#policy === "Always" || (this.#policy === "OnFailure" && exitCode !== 0);
  }

  /** Waits until the image is there; gives nothing when the container is stopped first. */
  async #untilImage(): Promise<LocalImage | undefined> {
    const { image, pullPolicy } = this.plan;
    for (let failures = 0; !this.#stop.signal.aborted; failures++) {
      if (pullPolicy === "Always") this.#record("Normal", "Pulling", `Pulling image "${image}"`);
      const found = findImage(this.#with.images, image);
      if (found) {
        const present = `Container image "${image}" already present on machine`;
        this.#record("Normal", "Pulled", pullPolicy === "Always" ? `Successfully pulled image "${image}"` : present);
        return found;
      }
      await this.#failPull(failures);
    }
    return undefined;
  }

  async #failPull(failures: number): Promise<void> {
    const { image, pullPolicy } = this.plan;
    const never = pullPolicy === "Never";
    const reason = never ? "ErrImageNeverPull" : "ErrImagePull";
    const message = never
      ? `Container image "${image}" is not present with pull policy of Never`
      : `failed to pull and unpack image "${image}": not found: this machine knows no such image`;
    this.#record("Warning", "Failed", never ? message : `Failed to pull image "${image}": ${message}`);
    this.#record("Warning", "Failed", `Error: ${reason}`);
    this.#change(() => (this.#state = { waiting: { reason, message } }));
    await sleep(Math.min(PULL_FAILED_SHOWN_MS, this.#delay(failures)), this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    if (!never) {
      this.#record("Normal", "BackOff", `Back-off pulling image "${image}"`);
      this.#record("Warning", "Failed", "Error: ImagePullBackOff");
      const waiting = {
        reason: "ImagePullBackOff",
        message: `Back-off pulling image "${image}": ${reason}: ${message}`,
      };
      this.#change(() => (this.#state = { waiting }));
    }
    await sleep(this.#delay(failures), this.#stop.signal);
  }

  /** One run from start to end; nothing when it was stopped before it began. */
  async #runOnce(image: LocalImage): Promise<EndOfRun | undefined> {
    const prepared = await this.#untilPrepared(image);
    if (!prepared) return undefined;
    const { env, cwd, command, mappings } = prepared;
    const { runDir, podDir, prefix } = this.#with;
    const log = await ContainerLog.create(join(podDir, "logs", `${this.plan.name}.${this.#restarts}`));
    this.#logs = { current: log, previous: this.#logs.current };
    const startedAt = timestamp();
    const launched = await launch({ command, env, cwd, log, mark: this.mark, runDir, prefix: prefix(this.mark) });
    if (!("pid" in launched)) return this.#ended(startedAt, launched, undefined);
    this.#running = { process: launched, startedAt, killReason: undefined };
    this.#everStarted = true;
    this.#record("Normal", "Created", `Created container: ${this.plan.name}`);
    this.#record("Normal", "Started", `Started container ${this.plan.name}`);
    const { startup, readiness } = this.plan;
    this.#change(() => {
      this.#state = { running: { startedAt } };
      this.#started = !startup;
      this.#ready = !startup && !readiness;
    });
    const probing = new AbortController();
    const exec = { env, cwd, prefix: prefix(this.mark), map: (word: string) => mapPaths(word, mappings) };
    this.#probe({ ip: this.#with.podIp, ports: this.plan.ports, exec }, probing.signal);
    if (this.#stop.signal.aborted) void this.#end(0, undefined); // stopped while it was being started
    const exit = await launched.exit;
    probing.abort();
    await this.#with.labelled.killContainer(this.mark);
    return this.#ended(startedAt, exit, this.#running.killReason);
  }

  async #ended(startedAt: string, { exitCode, startError }: Exit, killReason: string | undefined): Promise<EndOfRun> {
    await this.#logs.current?.close();
    const reason = startError !== undefined ? "StartError" : (killReason ?? (exitCode === 0 ? "Completed" : "Error"));
    const ending: EndOfRun = {
      exitCode,
      reason,
      ...(startError !== undefined && { message: `failed to start: ${startError}` }),
      startedAt,
      finishedAt: timestamp(),
    };
    if (startError !== undefined) this.#record("Warning", "Failed", `Error: failed to start: ${startError}`);
    this.#running = undefined;
    this.#change(() => {
      this.#state = { terminated: ending };
      this.#ready = false;
      this.#started = false;
    });
    return ending;
  }

  /** Environment, folders and command; what cannot be had is told and tried again. */
  async #untilPrepared(image: LocalImage): Promise<Prepared | undefined> {
    while (!this.#stop.signal.aborted) {
      try {
        return await this.#prepare(image);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        const message = messageOf(error);
        this.#record("Warning", "Failed", `Error: ${message}`);
        this.#change(() => (this.#state = { waiting: { reason: "CreateContainerConfigError", message } }));
        await sleep(PULL_FAILED_SHOWN_MS, this.#stop.signal);
      }
    }
    return undefined;
  }

  async #prepare(image: LocalImage): Promise<Prepared> {
    const { store, pod, podIp, folders } = this.#with;
    await this.#memory.begin();
    const specified = specifiedEnv({ store, pod: pod(), podIp, container: this.plan });
    const mappings = await mapMounts(this.plan, folders, specified);
    const map = (word: string) => mapPaths(word, mappings);
    const mapped = Object.fromEntries(Object.entries(specified).map(([name, value]) => [name, map(value)]));
    const env: Record<string, string> = {
      ...baseEnv(),
      ...image.env,
      COCALC_POD_IP: podIp,
      COCALC_CGROUPS: this.#memory.folder,
      HOSTNAME: pod().metadata.name,
      ...mapped,
    };
    const words = this.plan.command.length > 0 ? this.plan.command : image.command;
    const command = [...words, ...(this.plan.command.length > 0 || this.plan.args.length > 0 ? this.plan.args : [])];
    const wished = this.plan.workingDir === undefined ? env.HOME : map(this.plan.workingDir);
    if (wished !== undefined) await makeFolder(wished).catch(() => {}); // the start says what is wrong
    return { env, cwd: wished, mappings, command: command.map((word) => map(expand(word, specified))) };
  }

  #probe(target: ProbeTarget, signal: AbortSignal): void {
    const { startup, liveness, readiness } = this.plan;
    const loop = (what: string, plan: ProbePlan, onChange: (healthy: boolean) => void) => {
      const onFailure = (why: string) => this.#record("Warning", "Unhealthy", `${what} probe failed: ${why}`);
      void runProbe({ plan, target, signal, onChange, onFailure, eager: what !== "Liveness" });
    };
    const kill = (what: string) => {
      const { name } = this.plan;
      this.#record("Normal", "Killing", `Container ${name} failed ${what} probe, will be restarted`);
      void this.kill(this.#graceMs(), "Error");
    };
    const afterStart = () => {
      if (liveness) loop("Liveness", liveness, (healthy) => healthy || kill("liveness"));
      if (readiness) loop("Readiness", readiness, (healthy) => this.#change(() => (this.#ready = healthy)));
    };
    if (!startup) afterStart();
    else
      loop("Startup", startup, (healthy) => {
        if (!healthy) kill("startup");
        if (!healthy || this.#started) return;
        this.#change(() => {
          this.#started = true;
          this.#ready = !readiness;
        });
        afterStart();
      });
  }

  #graceMs(): number {
    const { terminationGracePeriodSeconds } = this.#with.pod().spec as { terminationGracePeriodSeconds?: number }; // defaulted by the API
    return (terminationGracePeriodSeconds ?? 30) * 1000;
  }

  /** The first restart is at once, as a kubelet's is. */
  async #backOff(failures: number, ending: EndOfRun): Promise<void> {
    this.#lastState = { terminated: ending };
    if (failures === 0) return;
    const delay = this.#delay(failures - 1);
    const { name } = this.plan;
    const { metadata } = this.#with.pod();
    const where = `container ${name} in pod ${metadata.name}_${metadata.namespace}(${metadata.uid})`;
    this.#record("Warning", "BackOff", `Back-off restarting failed ${where}`);
    const message = `back-off ${Math.round(delay / 1000)}s restarting failed container=${name} pod=${metadata.name}_${metadata.namespace}(${metadata.uid})`;
    this.#change(() => (this.#state = { waiting: { reason: "CrashLoopBackOff", message } }));
    await sleep(delay, this.#stop.signal);
  }

  #delay(failures: number): number {
    const { backoffMs } = this.#with;
    return Math.min(backoffMs * 2 ** failures, backoffMs * BACKOFF_DOUBLINGS);
  }

  #record(type: EventText["type"], reason: string, message: string): void {
    this.#with.record({ type, reason, message }, this.plan.name);
  }

  #change(act: () => void): void {
    act();
    this.#with.onChange();
  }
}

interface Prepared {
  env: Record<string, string>;
  cwd: string | undefined;
  command: string[];
  mappings: Mapping[];
}
