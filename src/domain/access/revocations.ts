/** Open connections and the rights they stand on: when a session, key, account or membership ends, so do they, within about a second. */

import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import type { Queryable } from "../../db/db.ts";
import { type ProjectRole, sameInside } from "../../protocol/project-rights.ts";
import { apiKeysOf } from "./api-keys.ts";
import { credentialKey, type Identity, type ProjectMembers, roleIn } from "./identity.ts";
import { membersOf } from "./members.ts";
import { sessionsOf } from "./sessions.ts";

/** Why a connection is ended: the credential is no longer good, the project is no longer theirs, or they are something else in it. */
export type Revoked = "signed_out" | "not_member" | "other_role";

export interface Registration {
  identity: Identity;
  /** The project it goes to, and as what its bearer was let in; absent: it needs an account only. */
  project?: { id: string; role: ProjectRole };
  /** `moment()` before its right was looked up: what has changed since then may have been overlooked. */
  since: number;
  /** Called once, when the right has ended. */
  end: (why: Revoked) => void;
}

interface RevocationsOptions {
  db: Queryable;
  log: Logger;
}

/** Registrations looked at with one set of queries. */
const BATCH = 1_000;
/** How often credentials that end by themselves are looked for. */
const SWEEP_EVERY_MS = 15_000;
const RETRY_MS = 500;
/** Changes remembered one by one; older ones count as having concerned everybody. */
const MAX_CHANGES = 10_000;

/**
 * `register` keeps a connection until it is released or ended. A change marks the registrations it may concern as doubtful; one loop
 * looks at all doubtful ones with three queries and ends those without a right. While the database is away they stay doubtful.
 * A right may end between its being looked up and its registration: changes are numbered, and a registration is doubtful from the
 * beginning when its credential, account or project has changed after the number that it brings. All others cost no query.
 */
export class Revocations {
  readonly #options: RevocationsOptions;
  readonly #all = new Set<Registration>();
  readonly #byCredential = new Map<string, Set<Registration>>();
  readonly #byAccount = new Map<string, Set<Registration>>();
  readonly #byProject = new Map<string, Set<Registration>>();
  readonly #doubtful = new Set<Registration>();
  /** Number of the last change of each credential, account and project, oldest first. */
  readonly #changes = new Map<string, number>();
  #lastChange = 0;
  /** Number of the last change that may have concerned anybody. */
  #lastOfAll = 0;
  #wake = Promise.withResolvers<void>();

  constructor(life: Life, options: RevocationsOptions) {
    this.#options = options;
    life.run("revocations", (signal) => this.#keepLooking(signal));
  }

  /** To be taken before a right is looked up, and brought to `register`. */
  moment(): number {
    return this.#lastChange;
  }

  /** Keeps a connection; returns what releases it when it has ended by itself. */
  register(registration: Registration): () => void {
    const { identity, project } = registration;
    this.#all.add(registration);
    add(this.#byCredential, credentialKey(identity.credential), registration);
    add(this.#byAccount, identity.accountId, registration);
    if (project !== undefined) add(this.#byProject, project.id, registration);
    if (this.#hasChanged(registration)) this.#doubt([registration]);
    return () => this.#release(registration);
  }

  /** Has nothing changed that could concern it? Costs no query: for whoever uses a right again and again. */
  stands(registration: Registration): boolean {
    if (this.#hasChanged(registration)) return false;
    registration.since = this.#lastChange;
    return true;
  }

  /** Connections kept now. */
  get size(): number {
    return this.#all.size;
  }

  credentialChanged(key: string): void {
    this.#note(`credential ${key}`);
    this.#doubt(this.#byCredential.get(key));
  }

  accountChanged(accountId: string): void {
    this.#note(`account ${accountId}`);
    this.#doubt(this.#byAccount.get(accountId));
  }

  projectChanged(projectId: string): void {
    this.#note(`project ${projectId}`);
    this.#doubt(this.#byProject.get(projectId));
  }

  allChanged(): void {
    this.#lastChange += 1;
    this.#lastOfAll = this.#lastChange;
    this.#changes.clear();
    this.#doubt(this.#all);
  }

  #note(what: string): void {
    this.#lastChange += 1;
    this.#changes.delete(what); // to the end
    this.#changes.set(what, this.#lastChange);
    if (this.#changes.size <= MAX_CHANGES) return;
    for (const [oldest, number] of this.#changes) {
      this.#changes.delete(oldest);
      this.#lastOfAll = number;
      return;
    }
  }

  #hasChanged({ identity, project, since }: Registration): boolean {
    if (this.#lastChange === since) return false;
    if (this.#lastOfAll > since) return true;
    const after = (what: string) => (this.#changes.get(what) ?? 0) > since;
    return (
      after(`credential ${credentialKey(identity.credential)}`) ||
      after(`account ${identity.accountId}`) ||
      (project !== undefined && after(`project ${project.id}`))
    );
  }

  #doubt(registrations: Iterable<Registration> | undefined): void {
    for (const registration of registrations ?? []) this.#doubtful.add(registration);
    if (this.#doubtful.size > 0) this.#wake.resolve();
  }

  #release(registration: Registration): void {
    const { identity, project } = registration;
    this.#all.delete(registration);
    this.#doubtful.delete(registration);
    remove(this.#byCredential, credentialKey(identity.credential), registration);
    remove(this.#byAccount, identity.accountId, registration);
    if (project !== undefined) remove(this.#byProject, project.id, registration);
  }

  async #keepLooking(signal: AbortSignal): Promise<void> {
    const { log } = this.#options;
    signal.addEventListener("abort", () => this.#wake.resolve(), { once: true });
    while (!signal.aborted) {
      await this.#pause(SWEEP_EVERY_MS);
      this.#doubtExpired();
      try {
        while (this.#doubtful.size > 0 && !signal.aborted) await this.#lookAtSome();
      } catch (error) {
        log.warn(
          { reason: messageOf(error), doubtful: this.#doubtful.size },
          "rights could not be looked up; trying again",
        );
        await sleep(RETRY_MS, signal);
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    if (this.#doubtful.size > 0) return;
    this.#wake = Promise.withResolvers();
    const timer = setTimeout(this.#wake.resolve, ms);
    await this.#wake.promise;
    clearTimeout(timer);
  }

  #doubtExpired(): void {
    const now = Date.now();
    for (const registration of this.#all) {
      const { expire } = registration.identity;
      if (expire !== undefined && expire.getTime() <= now) this.#doubtful.add(registration);
    }
  }

  async #lookAtSome(): Promise<void> {
    const batch = [...this.#doubtful].slice(0, BATCH);
    for (const registration of batch) this.#doubtful.delete(registration); // whatever changes from here on is doubtful again
    try {
      const rights = await this.#rightsOf(batch);
      for (const registration of batch) {
        const why = rights(registration);
        if (why !== undefined && this.#all.has(registration)) this.#end(registration, why);
      }
    } catch (error) {
      for (const registration of batch) if (this.#all.has(registration)) this.#doubtful.add(registration);
      throw error;
    }
  }

  async #rightsOf(batch: readonly Registration[]): Promise<(registration: Registration) => Revoked | undefined> {
    const { db } = this.#options;
    const hashes = new Set<string>();
    const ids = new Set<number>();
    for (const { identity } of batch) {
      if (identity.credential.kind === "session") hashes.add(identity.credential.hash);
      else ids.add(identity.credential.id);
    }
    const projectIds = new Set(batch.flatMap(({ project }) => (project === undefined ? [] : [project.id])));
    const sessions = await sessionsOf(db, [...hashes]);
    const keys = await apiKeysOf(db, [...ids]);
    const members = await membersOf(db, [...projectIds]);
    return ({ identity: { credential }, project }) => {
      const now = credential.kind === "session" ? sessions.get(credential.hash) : keys.get(credential.id)?.identity;
      return revoked(now, project, members);
    };
  }

  #end(registration: Registration, why: Revoked): void {
    this.#release(registration);
    try {
      registration.end(why);
    } catch (error) {
      this.#options.log.error({ err: error }, "a connection without a right could not be ended");
    }
  }
}

function revoked(
  identity: Identity | undefined,
  project: Registration["project"],
  members: ReadonlyMap<string, ProjectMembers>,
): Revoked | undefined {
  if (identity === undefined) return "signed_out";
  if (project === undefined) return undefined;
  const role = roleIn(identity, project.id, { members: members.get(project.id) });
  if (role === undefined) return "not_member";
  // What is open was let in as something else; and who goes on as an administrator alone comes in anew, which is recorded.
  const isSame = sameInside(role, project.role) && (role === "admin") === (project.role === "admin");
  return isSame ? undefined : "other_role";
}

function add<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const values = index.get(key);
  if (values === undefined) index.set(key, new Set([value]));
  else values.add(value);
}

function remove<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const values = index.get(key);
  values?.delete(value);
  if (values?.size === 0) index.delete(key);
}
