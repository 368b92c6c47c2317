/** Who is connected, and what each account has been told of: sockets by account, and projects by the accounts that know them. */

import type { Socket } from "socket.io";
import type { Identity } from "../../src/domain/access/identity.ts";
import type { HubEvents, HubRequests } from "../../src/protocol/hub-socket.ts";

/** What a socket carries. */
export interface SocketState {
  identity: Identity;
}
export type HubSocket = Socket<HubRequests, HubEvents, Record<string, never>, SocketState>;

/** An account with at least one socket. */
interface Present {
  sockets: Set<HubSocket>;
  /** Projects that its browsers have seen: they are told when one is no longer theirs. */
  projects: Set<string>;
}

export class Audience {
  readonly #accounts = new Map<string, Present>();
  readonly #knowing = new Map<string, Set<string>>();
  #size = 0;

  add(socket: HubSocket): void {
    const { accountId } = socket.data.identity;
    const present = this.#accounts.get(accountId) ?? { sockets: new Set(), projects: new Set() };
    present.sockets.add(socket);
    this.#accounts.set(accountId, present);
    this.#size += 1;
  }

  remove(socket: HubSocket): void {
    const { accountId } = socket.data.identity;
    const present = this.#accounts.get(accountId);
    if (present === undefined || !present.sockets.delete(socket)) return;
    this.#size -= 1;
    if (present.sockets.size > 0) return;
    this.#accounts.delete(accountId);
    for (const projectId of present.projects) this.#unlink(projectId, accountId);
  }

  /** Notes that an account has been told of a project. */
  knows(accountId: string, projectId: string): void {
    const present = this.#accounts.get(accountId);
    if (present === undefined) return;
    present.projects.add(projectId);
    const accounts = this.#knowing.get(projectId);
    if (accounts === undefined) this.#knowing.set(projectId, new Set([accountId]));
    else accounts.add(accountId);
  }

  forgets(accountId: string, projectId: string): void {
    this.#accounts.get(accountId)?.projects.delete(projectId);
    this.#unlink(projectId, accountId);
  }

  /** Connected accounts that know the project. */
  knowing(projectId: string): ReadonlySet<string> {
    return this.#knowing.get(projectId) ?? NOBODY;
  }

  /** Sockets of an account; none when it is not connected. */
  socketsOf(accountId: string): ReadonlySet<HubSocket> {
    return this.#accounts.get(accountId)?.sockets ?? NO_SOCKETS;
  }

  *sockets(): Iterable<HubSocket> {
    for (const { sockets } of this.#accounts.values()) yield* sockets;
  }

  get size(): number {
    return this.#size;
  }

  #unlink(projectId: string, accountId: string): void {
    const accounts = this.#knowing.get(projectId);
    accounts?.delete(accountId);
    if (accounts?.size === 0) this.#knowing.delete(projectId);
  }
}

const NOBODY: ReadonlySet<string> = new Set();
const NO_SOCKETS: ReadonlySet<HubSocket> = new Set();
