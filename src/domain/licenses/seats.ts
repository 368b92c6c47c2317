/** Who holds a seat of which licence, and who would if one were free. In memory; the leader of manage-action alone has it, and counts where it decides. */

/** A licence and a project that has a seat of it. */
export interface Seat {
  license_id: string;
  project_id: string;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * A project holds its seats from the decision about its start, before anything of it is written down, until its start is over and its pod is
 * gone. What is counted at a start are the seats of others: so a project that starts anew has its own seat, but not where the limit is passed.
 */
export class Seats {
  readonly #projects = new Map<string, Set<string>>();
  readonly #licenses = new Map<string, ReadonlySet<string>>();
  /** By licence, the projects that found all its seats taken, those that have waited longest first. */
  readonly #wanting = new Map<string, Set<string>>();
  readonly #onFree: (projectId: string) => void;

  /** `onFree` is told of each project that wanted a seat of a licence of which one is given back: it may have it now. */
  constructor(onFree: (projectId: string) => void = () => {}) {
    this.#onFree = onFree;
  }

  /** The licences of which a project holds a seat. */
  of(projectId: string): ReadonlySet<string> {
    return this.#licenses.get(projectId) ?? NONE;
  }

  /** How many projects besides this one hold a seat of a licence. */
  ofOthers(licenseId: string, projectId: string): number {
    const projects = this.#projects.get(licenseId);
    return projects === undefined ? 0 : projects.size - (projects.has(projectId) ? 1 : 0);
  }

  /** From now on a project holds a seat of these licences, and of no other. */
  hold(projectId: string, licenseIds: Iterable<string>): void {
    const licenses = new Set(licenseIds);
    const left = [...this.of(projectId)].filter((licenseId) => !licenses.has(licenseId));
    for (const licenseId of left) this.#leave(licenseId, projectId);
    if (licenses.size === 0) this.#licenses.delete(projectId);
    else this.#licenses.set(projectId, licenses);
    for (const licenseId of licenses) {
      const projects = this.#projects.get(licenseId);
      if (projects === undefined) this.#projects.set(licenseId, new Set([projectId]));
      else projects.add(projectId);
    }
    for (const licenseId of left) this.#wanting.get(licenseId)?.forEach((wanting) => void this.#onFree(wanting));
  }

  /** From now on a project waits for a seat of these licences, and of no other. */
  want(projectId: string, licenseIds: Iterable<string>): void {
    const licenses = new Set(licenseIds);
    for (const [licenseId, projects] of this.#wanting) {
      if (licenses.has(licenseId)) continue;
      projects.delete(projectId);
      if (projects.size === 0) this.#wanting.delete(licenseId);
    }
    for (const licenseId of licenses) {
      const projects = this.#wanting.get(licenseId);
      if (projects === undefined) this.#wanting.set(licenseId, new Set([projectId]));
      else projects.add(projectId);
    }
  }

  /** Projects that hold any. */
  projectIds(): string[] {
    return [...this.#licenses.keys()];
  }

  all(): Seat[] {
    return [...this.#licenses].flatMap(([project_id, licenses]) =>
      [...licenses].map((license_id) => ({ license_id, project_id })),
    );
  }

  #leave(licenseId: string, projectId: string): void {
    const projects = this.#projects.get(licenseId);
    projects?.delete(projectId);
    if (projects?.size === 0) this.#projects.delete(licenseId);
  }
}
