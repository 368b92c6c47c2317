/** Rights to projects that were looked up a moment ago: a request like the one before costs one look into a map. */

import type { Life } from "../../src/core/life.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import type { Registration, Revocations } from "../../src/domain/access/revocations.ts";
import type { Forwarding } from "../../src/net/proxy/forward.ts";
import type { RewriteHeader } from "../../src/net/proxy/forward-headers.ts";
import type { ProjectRole } from "../../src/protocol/project-rights.ts";

/** What was looked up. */
export interface RightParts {
  identity: Identity;
  role: ProjectRole;
  projectId: string;
  /** Was it proved by a cookie, which a browser sends whatever page made the request? */
  byCookie: boolean;
  /** Takes our cookies and keys out of the headers that it was found by. */
  rewriteRequest: RewriteHeader;
  /** `revocations.moment()` before it was looked up. */
  since: number;
}

/** How long a right is used again without being looked up anew. */
const KEPT_MS = 15_000;
const MAX_KEPT = 10_000;

/** What somebody may at a project: whatever goes on by it ends when it does. */
export class Right {
  readonly identity: Identity;
  readonly role: ProjectRole;
  readonly byCookie: boolean;
  readonly rewriteRequest: RewriteHeader;
  readonly #registration: Registration;
  readonly #revocations: Revocations;
  /** Absent while it is neither kept nor used. */
  #release: (() => void) | undefined;
  readonly #until: number;
  readonly #underWay = new Set<Forwarding>();
  #isKept = true;
  #isEnded = false;

  constructor(parts: RightParts, revocations: Revocations) {
    const { identity, projectId, role, since } = parts;
    this.identity = identity;
    this.role = role;
    this.byCookie = parts.byCookie;
    this.rewriteRequest = parts.rewriteRequest;
    this.#revocations = revocations;
    this.#until = Math.min(Date.now() + KEPT_MS, identity.expire?.getTime() ?? Number.POSITIVE_INFINITY);
    this.#registration = { identity, project: { id: projectId, role }, since, end: () => this.#end() };
    this.#release = revocations.register(this.#registration);
  }

  /** May it serve another request without being looked up? */
  stands(now: number): boolean {
    return !this.#isEnded && now < this.#until && this.#revocations.stands(this.#registration);
  }

  /** Something begins that ends with the right. */
  enter(exchange: Forwarding): void {
    if (this.#isEnded) exchange.end();
    else {
      this.#release ??= this.#revocations.register(this.#registration); // it may have been dropped since it was found
      this.#underWay.add(exchange);
    }
  }

  /** It has ended by itself. */
  leave(exchange: Forwarding): void {
    this.#underWay.delete(exchange);
    this.#releaseUnused();
  }

  /** It serves no further request; what is under way goes on. */
  drop(): void {
    this.#isKept = false;
    this.#releaseUnused();
  }

  #end(): void {
    this.#isEnded = true;
    for (const exchange of this.#underWay) exchange.end();
    this.#underWay.clear();
  }

  #releaseUnused(): void {
    if (this.#isKept || this.#underWay.size > 0) return;
    this.#release?.();
    this.#release = undefined;
  }
}

export class KnownRights {
  readonly #revocations: Revocations;
  readonly #kept = new Map<string, Right>();

  constructor(life: Life, revocations: Revocations) {
    this.#revocations = revocations;
    const sweep = setInterval(() => this.#sweep(), KEPT_MS);
    life.defer("known rights", () => clearInterval(sweep));
  }

  /** The right that is known by a key, if it still stands. */
  find(key: string): Right | undefined {
    const right = this.#kept.get(key);
    return right?.stands(Date.now()) === true ? right : undefined;
  }

  /** Keeps a right that was just looked up; `key` is all that it was found by. */
  keep(key: string, parts: RightParts): Right {
    const right = new Right(parts, this.#revocations);
    this.#forget(key);
    this.#kept.set(key, right);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#forget(oldest);
    return right;
  }

  #forget(key: string): void {
    this.#kept.get(key)?.drop();
    this.#kept.delete(key);
  }

  #sweep(): void {
    const now = Date.now();
    for (const [key, right] of this.#kept) if (!right.stands(now)) this.#forget(key);
  }
}
