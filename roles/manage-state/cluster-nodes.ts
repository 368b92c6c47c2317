/** The cluster's nodes as they are known now, and what they are summed up to for those who have no rights in the cluster. */

import { every } from "../../src/core/clock.ts";
import { isAppError, messageOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import { type PodsEverywhere, summaryOf } from "../../src/domain/cluster-facts/node-summary.ts";
import type { ProjectPods } from "../../src/domain/project-pods/project-pods.ts";
import { nodes, podsEverywhere } from "../../src/kube/resources.ts";
import type { Kube, KubeNode, Reflector } from "../../src/kube/types.ts";
import type { NodesFact } from "../../src/protocol/cluster.ts";

/** Pods of others are not watched: their nodes are the cluster's business, and only how full they are is ours. */
const ELSEWHERE_MS = 60_000;
const NOT_ENDED = "status.phase!=Succeeded,status.phase!=Failed";

export class ClusterNodes {
  readonly #kube: Kube;
  readonly #pods: ProjectPods;
  readonly #reflector: Reflector<KubeNode>;
  #isSynced = false;
  #everywhere: PodsEverywhere = { all_pods: "not asked" };
  /** What is summed up already; undefined: something has changed since. */
  #summary: NodesFact | undefined;

  constructor(life: Life, kube: Kube, pods: ProjectPods) {
    this.#kube = kube;
    this.#pods = pods;
    const onChange = () => this.changed();
    // Optional: an installation may be older than the right to see nodes, or not want to grant it. States of projects need none.
    this.#reflector = kube.openReflector(life, { resource: nodes, onChange, isOptional: true });
    this.#reflector.synced.then(
      () => {
        this.#isSynced = true;
      },
      () => {}, // stopped before it was
    );
  }

  /** A pod of ours changed. */
  changed(): void {
    this.#summary = undefined;
  }

  /** Looks at the pods of all namespaces too, while the term lasts. */
  countEverywhere(term: Life, log: Logger): void {
    this.#everywhere = { all_pods: "not yet" };
    this.changed();
    const look = async () => {
      try {
        const { items } = await this.#kube.list(podsEverywhere, { fieldSelector: NOT_ENDED });
        this.#everywhere = { all_pods: "counted", pods: items };
      } catch (error) {
        this.#everywhere = { all_pods: isAppError(error, "forbidden") ? "refused" : "not yet" };
        log.warn(
          { reason: messageOf(error) },
          "the pods of all namespaces cannot be listed, so nodes are told without them",
        );
      }
      this.changed();
    };
    term.run("pods of all namespaces", async (signal) => {
      await look();
      await every(ELSEWHERE_MS, signal, look);
    });
  }

  /** Undefined until nodes and pods were listed. */
  summary(): NodesFact | undefined {
    if (this.#reflector.isRefused) {
      return { nodes: [], left_out: 0, all_pods: this.#everywhere.all_pods, refused: true };
    }
    if (!this.#isSynced || !this.#pods.isSynced) return undefined;
    this.#summary ??= summaryOf(this.#reflector.list(), this.#pods.list(), this.#everywhere);
    return this.#summary;
  }
}
