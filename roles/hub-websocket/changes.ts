/** From notifications to browsers: keys are collected for a moment, looked up together, and told to those who may see them. */

import { sleep } from "../../src/core/clock.ts";
import { messageOf } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import { isUuid } from "../../src/core/uuid.ts";
import type { Db } from "../../src/db/db.ts";
import type { Access } from "../../src/domain/access/access.ts";
import { roleIn } from "../../src/domain/access/identity.ts";
import { accountViews } from "../../src/domain/accounts/account-view.ts";
import { summariesOf } from "../../src/domain/projects/summaries.ts";
import { type LatestStarts, withoutDetails } from "../../src/domain/starts/latest-start.ts";
import type { HubEvents } from "../../src/protocol/hub-socket.ts";
import type { ProjectSummary } from "../../src/protocol/project.ts";
import { may } from "../../src/protocol/project-rights.ts";
import type { Audience, HubSocket } from "./audience.ts";

interface ChangesParts {
  db: Db;
  log: Logger;
  access: Access;
  audience: Audience;
  starts: LatestStarts;
}

/** Who is told of a start: those who may control the project, and those who only see it. */
interface StartAudience {
  controlling: HubSocket[];
  seeing: HubSocket[];
}

const PROJECT_CHANNELS = ["projects_state", "projects_users", "projects_summary", "projects_action_request"];
/** A burst is looked up together: so long after one look begins at most the next. */
const PAUSE_MS = 10;
const RETRY_MS = 500;
const BATCH = 500;
/** 500 browsers a second list their projects after an outage. */
const RESYNCED_AT_ONCE = 50;
const RESYNC_PAUSE_MS = 100;
/** Sockets told in one turn of the event loop when all are told. */
const TOLD_AT_ONCE = 200;

/**
 * Dirty keys wait in sets, so that a burst of notifications of one row is one look. A failed look puts its keys back and is tried again;
 * after a lost LISTEN connection every browser is told to list anew.
 */
export class Changes {
  readonly #parts: ChangesParts;
  readonly #projects = new Set<string>();
  readonly #starts = new Set<string>();
  readonly #accounts = new Set<string>();
  #wake = Promise.withResolvers<void>();
  #resync = Promise.withResolvers<void>();

  private constructor(parts: ChangesParts) {
    this.#parts = parts;
  }

  static async open(life: Life, parts: ChangesParts): Promise<Changes> {
    const changes = new Changes(parts);
    life.run("changes", (signal) => changes.#keepTelling(signal));
    life.run("resync", (signal) => changes.#keepResyncing(signal));
    await parts.db.listen(life, {
      channels: [...PROJECT_CHANNELS, "project_starts", "accounts"],
      isKey: isUuid,
      onNotify: (key, channel) => changes.#note(key, channel),
      onMissed: () => changes.#resync.resolve(),
    });
    return changes;
  }

  /** Tells all browsers that they are to leave within that time. */
  tellDraining(withinMs: number): void {
    for (const socket of this.#parts.audience.sockets()) socket.emit("draining", { within_ms: withinMs });
  }

  /** Each browser lists all its projects when it is told so: a few are told at a time, or the database is asked by all of them at once. */
  async #keepResyncing(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#resync.resolve(), { once: true });
    while (!signal.aborted) {
      await this.#resync.promise;
      this.#resync = Promise.withResolvers();
      const sockets = [...this.#parts.audience.sockets()];
      for (let from = 0; from < sockets.length && !signal.aborted; from += RESYNCED_AT_ONCE) {
        if (from > 0) await sleep(RESYNC_PAUSE_MS, signal);
        for (const socket of sockets.slice(from, from + RESYNCED_AT_ONCE)) socket.emit("resync");
      }
    }
  }

  #note(key: string, channel: string): void {
    if (this.#parts.audience.size === 0) return;
    if (channel === "accounts") this.#accounts.add(key);
    else if (channel === "project_starts") this.#starts.add(key);
    else this.#projects.add(key);
    this.#wake.resolve();
  }

  async #keepTelling(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#wake.resolve(), { once: true });
    while (!signal.aborted) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
      await this.#tell(this.#projects, (ids) => this.#tellProjects(ids), signal);
      await this.#tell(this.#starts, (ids) => this.#tellStarts(ids), signal);
      await this.#tell(this.#accounts, (ids) => this.#tellAccounts(ids), signal);
      if (this.#projects.size + this.#starts.size + this.#accounts.size > 0) this.#wake.resolve();
      await sleep(PAUSE_MS, signal);
    }
  }

  async #tell(keys: Set<string>, tell: (ids: string[]) => Promise<void>, signal: AbortSignal): Promise<void> {
    const ids = [...keys].slice(0, BATCH);
    if (ids.length === 0 || signal.aborted) return;
    for (const id of ids) keys.delete(id);
    try {
      await tell(ids);
    } catch (error) {
      for (const id of ids) keys.add(id);
      this.#parts.log.warn(
        { reason: messageOf(error), keys: ids.length },
        "changes could not be looked up; trying again",
      );
      await sleep(RETRY_MS, signal);
    }
  }

  async #tellProjects(ids: string[]): Promise<void> {
    const found = new Map((await summariesOf(this.#parts.db, ids)).map((project) => [project.project_id, project]));
    for (const projectId of ids) await this.#tellProject(projectId, found.get(projectId));
  }

  async #tellProject(projectId: string, project: ProjectSummary | undefined): Promise<void> {
    const { audience } = this.#parts;
    const told: HubSocket[] = [];
    for (const accountId of new Set([...Object.keys(project?.users ?? {}), ...audience.knowing(projectId)])) {
      const sockets = [...audience.socketsOf(accountId)];
      const seeing = sockets.filter((socket) => project !== undefined && maySee(socket, project));
      if (seeing.length > 0) audience.knows(accountId, projectId);
      else audience.forgets(accountId, projectId);
      for (const socket of sockets) {
        if (!seeing.includes(socket)) socket.emit("project_removed", { project_id: projectId });
      }
      told.push(...seeing);
    }
    if (project !== undefined) await emitTo(told, "project", project);
  }

  async #tellStarts(ids: string[]): Promise<void> {
    const present: (StartAudience & { projectId: string })[] = [];
    for (const projectId of ids) {
      const audience = await this.#mayKnowStart(projectId);
      if (audience.controlling.length + audience.seeing.length > 0) present.push({ projectId, ...audience });
    }
    const tell = async ({ projectId, controlling, seeing }: (typeof present)[number]) => {
      const start = await this.#parts.starts.of(projectId);
      if (start === undefined) return;
      await emitTo(controlling, "start", start);
      await emitTo(seeing, "start", withoutDetails(start));
    };
    await Promise.all(present.map(tell)); // their looks go out together
  }

  async #mayKnowStart(projectId: string): Promise<StartAudience> {
    const { access, audience } = this.#parts;
    const members = await access.membersOf(projectId);
    const accountIds = new Set([...(members?.groups.keys() ?? []), ...audience.knowing(projectId)]);
    const sockets = [...accountIds].flatMap((accountId) => [...audience.socketsOf(accountId)]);
    const told: StartAudience = { controlling: [], seeing: [] };
    for (const socket of sockets) {
      const role = roleIn(socket.data.identity, projectId, { members, deleted: true });
      if (role !== undefined) told[may(role, "control") ? "controlling" : "seeing"].push(socket);
    }
    return told;
  }

  async #tellAccounts(ids: string[]): Promise<void> {
    const { db, audience } = this.#parts;
    const present = ids.filter((accountId) => audience.socketsOf(accountId).size > 0);
    if (present.length === 0) return;
    for (const account of await accountViews(db, present)) {
      for (const socket of audience.socketsOf(account.account_id)) {
        const { identity } = socket.data;
        // A key does not become an administrator's with its account.
        const mayBe = identity.credential.kind === "session" || identity.isAdmin;
        socket.data.identity = { ...identity, isAdmin: mayBe && account.is_admin };
        socket.emit("account", account);
      }
    }
  }
}

function maySee({ data: { identity } }: HubSocket, project: ProjectSummary): boolean {
  return identity.isAdmin || project.users[identity.accountId] !== undefined;
}

/** Encodes the message once for all; lets others have their turn between many. */
async function emitTo<E extends "project" | "start">(
  sockets: HubSocket[],
  event: E,
  ...args: Parameters<HubEvents[E]>
): Promise<void> {
  for (let from = 0; from < sockets.length; from += TOLD_AT_ONCE) {
    const some = sockets.slice(from, from + TOLD_AT_ONCE);
    some[0]?.nsp.to(some.map(({ id }) => id)).emit(event, ...args);
    if (from + TOLD_AT_ONCE < sockets.length) await new Promise((resolve) => setImmediate(resolve));
  }
}
