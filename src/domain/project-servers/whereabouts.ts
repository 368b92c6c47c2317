/** Where projects run, from the column `state` alone: cached, forgotten by NOTIFY, pushed by nobody. */

import { AnswerCache } from "../../core/answer-cache.ts";
import type { Life } from "../../core/life.ts";
import { isUuid } from "../../core/uuid.ts";
import type { Db } from "../../db/db.ts";
import { type ComputeState, projectState } from "../../protocol/project.ts";

/** What is known of a project's place. `ip` only while it runs. */
export interface ProjectPlace {
  state: ComputeState;
  ip: string | undefined;
  /** Why it is not running, if manage-state knows. */
  error: string | undefined;
}

interface WhereaboutsOptions {
  /** Called with a project whose state changed. */
  onChange?: (projectId: string) => void;
  /** Called when changes may have been missed, of any project. */
  onMissed?: () => void;
  /** How long a place is believed without word from the database. Default 30 s. */
  ttlMs?: number;
}

const STOPPED: ProjectPlace = { state: "opened", ip: undefined, error: undefined };

export class Whereabouts {
  readonly #db: Db;
  readonly #places: AnswerCache<ProjectPlace>;

  private constructor(db: Db, ttlMs: number) {
    this.#db = db;
    this.#places = new AnswerCache({ ttlMs, max: 20_000 });
  }

  static async open(
    life: Life,
    db: Db,
    { onChange, onMissed, ttlMs = 30_000 }: WhereaboutsOptions = {},
  ): Promise<Whereabouts> {
    const whereabouts = new Whereabouts(db, ttlMs);
    await db.listen(life, {
      channels: ["projects_state"],
      isKey: isUuid,
      onNotify: (projectId) => {
        whereabouts.#places.forget(projectId);
        onChange?.(projectId);
      },
      onMissed: () => {
        whereabouts.#places.clear();
        onMissed?.();
      },
    });
    return whereabouts;
  }

  /** The place of a project; a project without a valid state counts as stopped. */
  of(projectId: string): Promise<ProjectPlace> {
    return this.#places.get(projectId, () => this.#ask(projectId));
  }

  /** The place of a project, as far as it is known without asking. */
  known(projectId: string): ProjectPlace | undefined {
    return this.#places.known(projectId);
  }

  /** The place turned out to be wrong: ask anew next time. */
  forget(projectId: string): void {
    this.#places.forget(projectId);
  }

  async #ask(projectId: string): Promise<ProjectPlace> {
    const [row] = await this.#db.query<{ state: unknown }>("SELECT state FROM projects WHERE project_id = $1", [
      projectId,
    ]);
    const parsed = projectState.safeParse(row?.state);
    if (!parsed.success) return STOPPED;
    const { state, ip, error } = parsed.data;
    return { state, ip: state === "running" ? ip : undefined, error };
  }
}
