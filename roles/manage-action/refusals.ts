/**
 * Pods that cannot be made while the cluster answers about all else: an admission webhook or a policy answers with an error for this very one.
 * Whether that is so, and for how long by now, as this leader has seen it.
 */

import { sleep } from "../../src/core/clock.ts";
import type { ProjectPods } from "../../src/domain/project-pods/project-pods.ts";
import type { Records } from "./records.ts";

/** Whoever answers does so well within this. */
const ANSWER_MS = 2_000;

export class Refusals {
  readonly #first = new Map<string, { requestTime: string; sinceMs: number }>();

  /** It was refused now; the ms since the pod of this request first was. */
  count(projectId: string, requestTime: string): number {
    const known = this.#first.get(projectId);
    const first = known?.requestTime === requestTime ? known : { requestTime, sinceMs: Date.now() };
    this.#first.set(projectId, first);
    return Date.now() - first.sinceMs;
  }

  /** Its pod was made, or its start is over. */
  forget(projectId: string): void {
    this.#first.delete(projectId);
  }
}

/** Who is asked, until the term is over. */
interface Asked {
  records: Records;
  pods: ProjectPods;
  signal: AbortSignal;
}

/** Do database and cluster answer about this project? What does not answer is everybody's trouble. */
export async function isAnswered({ records, pods, signal }: Asked, projectId: string): Promise<boolean> {
  const answers = Promise.all([records.read(projectId), pods.look(projectId)]).then(
    () => true,
    () => false,
  );
  return Promise.race([answers, sleep(ANSWER_MS, signal).then(() => false)]);
}
