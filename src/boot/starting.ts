/** How far the start of a process is: which role is starting, and what it waits for; told in `/readyz`, the metrics and the log. */

import type { Parts } from "../../roles/define-role.ts";
import type { RoleName } from "../../roles/names.ts";
import { gauge } from "../core/metrics.ts";

export class Starting {
  readonly #states = new Map<RoleName, string>();
  readonly #serving;

  constructor(names: readonly RoleName[], { metrics }: Pick<Parts, "metrics">) {
    this.#serving = gauge(metrics, {
      name: "cocalc_role_serving",
      help: "1 when the role serves, 0 while it is starting.",
      labels: ["role"],
    });
    for (const name of names) this.#say(name, "has not begun");
  }

  /** In words, for `/readyz`; undefined: all serve. */
  problem(): string | undefined {
    if (this.#states.size === 0) return undefined;
    return [...this.#states].map(([name, state]) => `${name} ${state}`).join(", ");
  }

  /** The parts of a role, by which it can be seen what the role waits for. */
  begin(name: RoleName, parts: Parts): Parts {
    this.#say(name, "is starting");
    const awaited = async <T>(what: string, part: Promise<T>): Promise<T> => {
      this.#say(name, `waits for ${what}`);
      try {
        return await part;
      } finally {
        this.#say(name, "is starting");
      }
    };
    return {
      ...parts,
      db: () => awaited("the database", parts.db()),
      kube: () => awaited("the Kubernetes client", parts.kube()),
    };
  }

  serves(name: RoleName): void {
    this.#states.delete(name);
    this.#serving.set({ role: name }, 1);
  }

  #say(name: RoleName, state: string): void {
    this.#states.set(name, state);
    this.#serving.set({ role: name }, 0);
  }
}
