/** Where projects run, from the column `state` alone: cached, forgotten by NOTIFY, pushed by nobody. */

import { AnswerCache } from "../../core/answer-cache.ts";
import type { Life } from "../../core/life.ts";
import type { Db } from "../../db/db.ts";
import { type ComputeState, projectState } from "../../protocol/project.ts";

/** What is known of a project's place. `ip` only while it runs. */
export interface ProjectRoute {
  state: ComputeState;
  ip: string | undefined;
  /** Why it is not running, if manage-state knows. */
  error: string | undefined;
}

interface RoutesOptions {
  /** Called with a project whose state changed. */
  onChange: (projectId: string) => void;
  /** Called when changes may have been missed, of any project. */
  onMissed: () => void;
  /** How long a route is believed without word from the database. Default 30 s. */
  ttlMs?: number;
}

const STOPPED: ProjectRoute = { state: "opened", ip: undefined, error: undefined };

export class ProjectRoutes {
  readonly #db: Db;
  readonly #routes: AnswerCache<ProjectRoute>;

  private constructor(db: Db, ttlMs: number) {
    this.#db = db;
    this.#routes = new AnswerCache({ ttlMs, max: 20_000 });
  }

  static async open(life: Life, db: Db, { onChange, onMissed, ttlMs = 30_000 }: RoutesOptions): Promise<ProjectRoutes> {
    const routes = new ProjectRoutes(db, ttlMs);
    await db.listen(life, {
      channels: ["projects_state"],
      onNotify: (projectId) => {
        routes.#routes.forget(projectId);
        onChange(projectId);
      },
      onMissed: () => {
        routes.#routes.clear();
        onMissed();
      },
    });
    return routes;
  }

  /** The route of a project; a project without a valid state counts as stopped. */
  routeOf(projectId: string): Promise<ProjectRoute> {
    return this.#routes.get(projectId, () => this.#ask(projectId));
  }

  /** The route of a project, as far as it is known without asking. */
  known(projectId: string): ProjectRoute | undefined {
    return this.#routes.known(projectId);
  }

  /** The route turned out to be wrong: ask anew next time. */
  forget(projectId: string): void {
    this.#routes.forget(projectId);
  }

  async #ask(projectId: string): Promise<ProjectRoute> {
    const [row] = await this.#db.query<{ state: unknown }>("SELECT state FROM projects WHERE project_id = $1", [
      projectId,
    ]);
    const parsed = projectState.safeParse(row?.state);
    if (!parsed.success) return STOPPED;
    const { state, ip, error } = parsed.data;
    return { state, ip: state === "running" ? ip : undefined, error };
  }
}
