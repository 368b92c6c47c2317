/** Ports on which something listens for its own machine alone: the project's own server reaches it, a hub does not. Kept for a short time. */

const KEPT_MS = 20_000;
const MOST = 10_000;

export class InsidePorts {
  /** Until when, by project and port; the oldest first. */
  readonly #known = new Map<string, number>();

  has(projectId: string, port: number): boolean {
    return (this.#known.get(keyOf(projectId, port)) ?? 0) > Date.now();
  }

  /** Nothing listened there for others. */
  add(projectId: string, port: number): void {
    const key = keyOf(projectId, port);
    this.#known.delete(key);
    this.#known.set(key, Date.now() + KEPT_MS);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
  }
}

const keyOf = (projectId: string, port: number) => `${projectId} ${port}`;
