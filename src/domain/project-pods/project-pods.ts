/** The pods of projects as they are known now: a reflector's cache, and what our own calls have learned since. Decides nothing. */

import { conflict, isAppError, unavailable } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import { plainEnd } from "../../core/plain-text.ts";
import { nodes, pods } from "../../kube/resources.ts";
import type { ContainerResources, Kube, KubeNode, Pod, Reflector } from "../../kube/types.ts";
import { mainContainer, mainStatus, otherStatuses } from "./container-rules.ts";
import { isPodOf, PROJECT_PODS, podName, projectIdOf } from "./identity.ts";
import { LearnedPods } from "./learned-pods.ts";

interface Handlers {
  /** The pod of a project appeared, changed or went; `before`: as it was known. */
  onChange: (projectId: string, now: Pod | undefined, before: Pod | undefined) => void;
  /** The whole cache was compared with the cluster. */
  onRelist?: () => void;
}

interface LastLines {
  container: string;
  count: number;
  /** At most. */
  characters: number;
}

export class ProjectPods {
  readonly #kube: Kube;
  readonly #reflector: Reflector<Pod>;
  readonly #learned = new LearnedPods();
  #isSynced = false;

  constructor(life: Life, kube: Kube, { onChange, onRelist }: Handlers) {
    this.#kube = kube;
    this.#reflector = kube.openReflector(life, {
      resource: pods,
      labelSelector: PROJECT_PODS,
      onChange: (name, now, before) => {
        const projectId = projectIdOf(name);
        if (projectId === undefined) return;
        this.#learned.seen(projectId, now ?? before, { isGone: now === undefined });
        onChange(projectId, now, before);
      },
      ...(onRelist && { onRelist: () => onRelist() }),
    });
    this.#reflector.synced.then(
      () => {
        this.#isSynced = true;
      },
      () => {}, // stopped before it was
    );
  }

  /** Resolves when the first list is in. */
  get synced(): Promise<void> {
    return this.#reflector.synced;
  }

  /** Is it known which pods there are? Before the first list, that none is known of a project says nothing. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** @throws AppError `unavailable` while it is not known which pods there are. */
  check(): void {
    if (!this.#isSynced) throw unavailable("The pods have not been listed yet; Kubernetes may be away.");
  }

  /** The project's pod, if it is ours. */
  get(projectId: string): Pod | undefined {
    const cached = this.#reflector.get(podName(projectId));
    const pod = this.#learned.over(cached, projectId, Date.now());
    return pod !== undefined && isPodOf(pod, projectId) ? pod : undefined;
  }

  /** All projects that have a pod of ours. */
  projectIds(): string[] {
    return this.list().flatMap(({ metadata }) => projectIdOf(metadata.name) ?? []);
  }

  /** All pods of ours that the watch has seen. */
  list(): Pod[] {
    return this.#reflector.list().filter((pod) => {
      const projectId = projectIdOf(pod.metadata.name);
      return projectId !== undefined && isPodOf(pod, projectId);
    });
  }

  /** Asks the API server itself. The answer counts until the watch has caught up. What is not known as the project's is returned, and only that. */
  async look(projectId: string): Promise<Pod | undefined> {
    const before = this.get(projectId)?.metadata.uid;
    const pod = await this.#kube.get(pods, podName(projectId)).catch(ifAbsent);
    // Of a pod that is not the project's no watch would ever tell again.
    const own = pod !== undefined && isPodOf(pod, projectId) ? pod : undefined;
    if (own !== undefined && !isNewer(this.#reflector.get(podName(projectId)), own)) {
      this.#learn(projectId, own.metadata.uid ?? "", own);
    }
    if (own === undefined && before !== undefined) this.#learn(projectId, before, undefined);
    return pod;
  }

  /** Posts a pod. @throws AppError `conflict` when the name is taken: look at what is there. */
  async create(projectId: string, pod: Pod): Promise<Pod> {
    const made = await this.#kube.create(pods, pod);
    if (this.#reflector.get(podName(projectId))?.metadata.uid !== made.metadata.uid) {
      this.#learn(projectId, made.metadata.uid ?? "", made);
    }
    return made;
  }

  /**
   * Deletes this very pod, and looks what became of it. `force`: without waiting for its node. `asKnown`: only if nothing has become of it
   * since, such as a node that took it or a server that is ready. False: it was not deleted, because it is another one by now.
   */
  async remove(projectId: string, pod: Pod, { force = false, asKnown = false } = {}): Promise<boolean> {
    const { uid = "", resourceVersion } = pod.metadata;
    const precondition = { uid, ...(asKnown && resourceVersion && { resourceVersion }) };
    let removed = true;
    try {
      await this.#kube.delete(pods, podName(projectId), { ...precondition, ...(force && { gracePeriodSeconds: 0 }) });
    } catch (error) {
      if (!isAppError(error, "conflict")) throw error;
      removed = false;
    }
    await this.look(projectId);
    return removed;
  }

  /**
   * Asks for other resources of the project's container. @throws AppError `invalid`, `forbidden` where they are refused, `not_found` where
   * the cluster cannot do it, `conflict` where it is another pod by now, or gone: look at what is there.
   */
  async resize(projectId: string, pod: Pod, resources: ContainerResources): Promise<void> {
    const { uid = "" } = pod.metadata;
    const name = mainContainer(pod.spec.containers)?.name ?? "";
    try {
      const resized = await this.#kube.resizePod(podName(projectId), { uid, containers: [{ name, resources }] });
      if (!isNewer(this.#reflector.get(podName(projectId)), resized)) this.#learn(projectId, uid, resized);
    } catch (error) {
      if (isAppError(error, "unavailable")) throw error;
      const now = await this.look(projectId);
      throw now?.metadata.uid === uid ? error : conflict("It is another pod by now, or gone.");
    }
  }

  /** The pod's node; undefined: it is gone (or was never given one). */
  async nodeOf(pod: Pod): Promise<KubeNode | undefined> {
    const { nodeName } = pod.spec;
    if (nodeName === undefined) return undefined;
    return this.#kube.get(nodes, nodeName).catch(ifAbsent);
  }

  /** The last lines of a container that ended or runs, as plain text: the project's programs wrote them. "" when there are none to be had. */
  async lastLines(pod: Pod, { container, count, characters }: LastLines): Promise<string> {
    const status = [mainStatus(pod), ...otherStatuses(pod)].find((one) => one?.name === container);
    const previous = status?.state?.terminated === undefined && status?.lastState?.terminated !== undefined;
    const options = { tailLines: count, previous, container };
    const text = await this.#kube.podLog(pod.metadata.name, options).catch(() => ""); // only a help for the reader
    return plainEnd(text.trim(), characters);
  }

  #learn(projectId: string, uid: string, pod: Pod | undefined): void {
    this.#learned.learn(projectId, { uid, pod }, Date.now());
  }
}

/** Has the watch brought the same pod as late or later? Versions of one object grow. */
function isNewer(cached: Pod | undefined, pod: Pod): boolean {
  if (cached?.metadata.uid !== pod.metadata.uid) return false;
  return Number(cached?.metadata.resourceVersion) >= Number(pod.metadata.resourceVersion);
}

function ifAbsent(error: unknown): undefined {
  if (!isAppError(error, "not_found")) throw error;
  return undefined;
}
