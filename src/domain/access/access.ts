/** Who may, asked often: identities and memberships cached for a short time, forgotten at once by NOTIFY, and open connections ended with them. */

import { AnswerCache } from "../../core/answer-cache.ts";
import { forbidden } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import { Recently } from "../../core/recently.ts";
import { isUuid } from "../../core/uuid.ts";
import type { Db } from "../../db/db.ts";
import { may, type ProjectNeed, type ProjectRole, projectRights, whyNot } from "../../protocol/project-rights.ts";
import { recordUse } from "../central-log/central-log.ts";
import { apiKeyId, verifyApiKey } from "./api-keys.ts";
import { type Identity, type ProjectMembers, roleIn } from "./identity.ts";
import { checkWholeAccount } from "./key-limits.ts";
import { membersOf } from "./members.ts";
import { sessionHashOf } from "./project-origins.ts";
import { Revocations } from "./revocations.ts";
import { sessionOf } from "./sessions.ts";
import { StrangerBudget } from "./stranger-budget.ts";
import { hashToken, isToken } from "./tokens.ts";

/** What a request brought; both may be absent. The session is tried first. */
export interface Credentials {
  /** Value of the cookie remember_me. */
  session?: string | undefined;
  /** A key `sk-…`, from the cookie api_key or an Authorization header. */
  apiKey?: string | undefined;
}

interface AccessOptions {
  log: Logger;
  /** How long an answer is believed without word from the database. Default 15 s. */
  ttlMs?: number;
}

/** What is asked of the database about a credential; `key` names it and is no secret. */
interface Lookup<T> {
  key: string;
  address: string;
  ask: () => Promise<T | undefined>;
}

const CHANNELS = ["remember_me", "api_keys", "accounts", "projects_users"];
const OF_IDS = ["accounts", "projects_users"];
const MAX_ANSWERS = 20_000;
const MAX_REFUSALS = 2_000;

/** Opens the access checks of a process on its database; they live as long as `life`. */
export async function openAccess(life: Life, db: Db, { log, ttlMs = 15_000 }: AccessOptions): Promise<Access> {
  const access = new Access(db, new Revocations(life, { db, log }), ttlMs);
  await db.listen(life, {
    channels: CHANNELS,
    isKey: (key, channel) => !OF_IDS.includes(channel) || isUuid(key),
    onNotify: (key, channel) => access.changed(channel, key.trimEnd()),
    onMissed: () => access.missed(),
  });
  return access;
}

export class Access {
  /** Connections that end when their right to be there does. */
  readonly revocations: Revocations;
  readonly #db: Db;
  readonly #identities: AnswerCache<Identity | undefined>;
  /** Keeps strangers from pushing the known out of the cache. */
  readonly #refusals: Recently;
  /** Keeps them from having the database asked as often as they like. */
  readonly #strangers = new StrangerBudget();
  readonly #members: AnswerCache<ProjectMembers | undefined>;
  /** The session of a cookie of a project's origin, by project and cookie: never changes while there is one. */
  readonly #projectSessions: AnswerCache<string | undefined>;
  /** Uses by administrators that were recorded a moment ago. */
  readonly #recorded: Recently;

  constructor(db: Db, revocations: Revocations, ttlMs: number) {
    this.#db = db;
    this.revocations = revocations;
    this.#identities = new AnswerCache({ ttlMs, max: MAX_ANSWERS });
    this.#refusals = new Recently({ ttlMs: Math.min(ttlMs, 5_000), max: MAX_REFUSALS });
    this.#members = new AnswerCache({ ttlMs, max: MAX_ANSWERS });
    this.#projectSessions = new AnswerCache({ ttlMs, max: MAX_ANSWERS });
    this.#recorded = new Recently({ ttlMs: 60_000, max: MAX_ANSWERS });
  }

  /**
   * Who it is; undefined: a stranger. `address` is the IP address of whoever asks: strangers may make us look up so much from one network.
   * @throws AppError `unavailable` when the database is away and nothing is known; `rate_limited` for a network that brought too much that is unknown.
   */
  async identify({ session, apiKey }: Credentials, address: string): Promise<Identity | undefined> {
    if (session !== undefined && isToken(session)) {
      const hash = hashToken(session);
      const known = await this.#identity(`session ${hash}`, address, () => sessionOf(this.#db, hash));
      if (known !== undefined) return known;
    }
    if (apiKey === undefined) return undefined;
    const id = apiKeyId(apiKey);
    if (id === undefined) return undefined;
    return this.#identity(`api_key ${id} ${hashToken(apiKey)}`, address, () => verifyApiKey(this.#db, apiKey));
  }

  /**
   * Who it is, by the cookie of a project's own origin: the bearer of the session it came from, for that project alone.
   * @throws AppError as `identify`.
   */
  async identifyOnProjectOrigin(cookie: string, projectId: string, address: string): Promise<Identity | undefined> {
    if (!isToken(cookie)) return undefined;
    const cookieHash = hashToken(cookie);
    const ask = () => sessionHashOf(this.#db, { cookieHash, projectId });
    const hash = await this.#answer(this.#projectSessions, { key: `${projectId} ${cookieHash}`, address, ask });
    if (hash === undefined) return undefined;
    const identity = await this.#identity(`session ${hash}`, address, () => sessionOf(this.#db, hash));
    return identity === undefined ? undefined : { ...identity, projectId };
  }

  /** Looks up a secret that is used once, such as a ticket, and is no credential yet: within what strangers may make us look up. */
  onceForStranger<T>(address: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
    return this.#strangers.look(undefined, address, look);
  }

  /**
   * The one check of every wire: as what the identity does this with the project. An administrator who is no member does nothing that is not
   * recorded first. `deleted`: also with a project that was deleted.
   * @throws AppError `forbidden`, alike for a project of others and one that does not exist; `unavailable`.
   */
  async authorise(
    identity: Identity,
    projectId: string,
    need: ProjectNeed,
    options: { deleted?: boolean } = {},
  ): Promise<ProjectRole> {
    const members = await this.membersOf(projectId);
    const role = roleIn(identity, projectId, { members, ...options });
    if (role === undefined) {
      throw forbidden("You are no member of this project, or there is none. Ask one of its owners to add you.");
    }
    if (!may(role, need)) throw forbidden(whyNot(role, need));
    if (!projectRights[need].key) checkWholeAccount(identity);
    if (role === "admin") await this.#record({ account_id: identity.accountId, project_id: projectId, need });
    return role;
  }

  async #record(use: { account_id: string; project_id: string; need: ProjectNeed }): Promise<void> {
    const key = Object.values(use).join(" ");
    if (this.#recorded.has(key)) return;
    await recordUse(this.#db, use);
    this.#recorded.add(key);
  }

  /** The members of a project; undefined: no such project. */
  membersOf(projectId: string): Promise<ProjectMembers | undefined> {
    return this.#members.get(projectId, async () => (await membersOf(this.#db, [projectId])).get(projectId));
  }

  /** A row changed that decides who may. */
  changed(channel: string, key: string): void {
    if (channel === "projects_users") {
      this.#members.forget(key);
      this.revocations.projectChanged(key);
    } else if (channel === "remember_me") {
      this.#identities.forget(`session ${key}`);
      this.revocations.credentialChanged(`session ${key}`);
    } else {
      // Rare, and not a key of this cache (an account has any number of credentials): all are asked anew.
      this.#identities.clear();
      this.#refusals.clear();
      if (channel === "accounts") this.revocations.accountChanged(key);
      else this.revocations.credentialChanged(`api_key ${key}`);
    }
  }

  /** Anything may have changed. */
  missed(): void {
    this.#identities.clear();
    this.#refusals.clear();
    this.#members.clear();
    this.#projectSessions.clear();
    this.revocations.allChanged();
  }

  async #identity(
    key: string,
    address: string,
    ask: () => Promise<Identity | undefined>,
  ): Promise<Identity | undefined> {
    const identity = await this.#answer(this.#identities, { key, address, ask });
    const hasEnded = identity?.expire !== undefined && identity.expire.getTime() <= Date.now();
    return hasEnded ? undefined : identity;
  }

  /** What is known by a key, or asked for now; a refusal is remembered for a moment and takes no place in the cache. */
  async #answer<T>(cache: AnswerCache<T | undefined>, { key, address, ask }: Lookup<T>): Promise<T | undefined> {
    if (this.#refusals.has(key)) return undefined;
    const answer = await cache.get(key, () => this.#strangers.look(key, address, ask));
    if (answer !== undefined) return answer;
    cache.forget(key);
    this.#refusals.add(key);
    return undefined;
  }
}
