/** Kept connections to the other sides of a proxy: bounded for each, and closed when they are no longer used. */

import { unavailable } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import {
  type ConnectionOwner,
  type UpstreamAddress,
  UpstreamConnection,
  type UpstreamPlace,
} from "./upstream-connection.ts";

export interface UpstreamsOptions {
  /** Most requests to one other side at once; further ones are refused. Default 256. */
  maxRequests?: number;
  /** Most upgraded connections to one other side. Default 1,000. */
  maxUpgrades?: number;
  /** Longest time in ms for a connection to be made. Default 5,000. */
  connectTimeoutMs?: number;
}

const SWEEP_MS = 1_000;
const UNIX = "unix:";

/** One other side: how many use it now, and its connections. */
export class Upstream implements ConnectionOwner {
  readonly origin: string;
  /** Open upgrades: counted up and down by whoever joins them. */
  upgrades = 0;
  #requests = 0;
  readonly #address: UpstreamAddress;
  readonly #open = new Set<UpstreamConnection>();
  /** The one used last is asked first, so that those that are too many become worn. */
  readonly #idle: UpstreamConnection[] = [];
  #isClosed = false;

  constructor(origin: string, connectTimeoutMs: number) {
    this.origin = origin;
    this.#address = { ...placeOf(origin), connectTimeoutMs };
  }

  /** Requests under way, and upgrades that are being asked for. */
  get requests(): number {
    return this.#requests;
  }

  /** Takes a place; whoever asks gives it back by `leave`, once. */
  enter(): void {
    this.#requests += 1;
  }

  leave(): void {
    this.#requests -= 1;
  }

  /** Without the brackets of IPv6; undefined for a Unix socket. */
  get host(): string | undefined {
    return "host" in this.#address ? this.#address.host : undefined;
  }

  /** A connection on which nothing is asked now; `isNew` where a kept one has just failed. */
  connection({ isNew = false } = {}): UpstreamConnection {
    const now = Date.now();
    for (let kept = isNew ? undefined : this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      if (!kept.isWorn(now)) return kept;
      kept.destroy();
    }
    return this.#connect(false);
  }

  /** A connection of its own, which is given away when the other side agrees to the upgrade. */
  connectionForUpgrade(): UpstreamConnection {
    return this.#connect(true);
  }

  onIdle(connection: UpstreamConnection): void {
    this.#idle.push(connection);
  }

  onClose(connection: UpstreamConnection): void {
    this.#open.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  closeWorn(now: number): void {
    for (const connection of this.#idle) {
      if (connection.isWorn(now)) connection.destroy(); // its `close` takes it out of the list
    }
  }

  /** Ends all connections, requests under way included, and those that are asked for from now on. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#open) connection.fail(ended());
  }

  /** Does nobody use it, and is nothing kept? */
  get isUnused(): boolean {
    return this.#requests === 0 && this.upgrades === 0 && this.#open.size === 0;
  }

  #connect(isForUpgrade: boolean): UpstreamConnection {
    const connection = new UpstreamConnection(this.#address, this, { isForUpgrade });
    this.#open.add(connection);
    if (this.#isClosed) process.nextTick(() => connection.fail(ended()));
    return connection;
  }
}

const ended = () => unavailable("The connection to it was ended.");

/**
 * The other sides, in groups of the caller's such as all servers of a project. A request holds its place from `enter` until the other side has
 * finished with it, also when its browser is gone: an other side that hangs is filled up and then refuses, and nothing queues without bound.
 */
export class Upstreams {
  readonly #options: Required<UpstreamsOptions>;
  /** By group, then by origin. */
  readonly #kept = new Map<string, Map<string, Upstream>>();

  constructor(life: Life, options: UpstreamsOptions = {}) {
    this.#options = { maxRequests: 256, maxUpgrades: 1_000, connectTimeoutMs: 5_000, ...options };
    const sweep = setInterval(() => this.#sweep(), SWEEP_MS);
    life.defer("upstreams", () => {
      clearInterval(sweep);
      for (const group of [...this.#kept.keys()]) this.leave(group, {});
    });
  }

  /**
   * The other side at `origin`, with a place for one more request or upgrade; with a path behind it, one counted apart from others at that place.
   * @throws AppError `unavailable` when it has its fill.
   */
  enter(group: string, origin: string, use: "request" | "upgrade" = "request"): Upstream {
    const upstream = this.#upstream(group, origin);
    const { maxRequests, maxUpgrades } = this.#options;
    if (upstream.requests >= maxRequests || (use === "upgrade" && upstream.upgrades >= maxUpgrades)) {
      throw unavailable("Too many requests are under way to this server; it may be hanging. Try again in a moment.", {
        retryAfterSeconds: 5,
      });
    }
    upstream.enter();
    return upstream;
  }

  /** The groups of which connections are kept or used. */
  groups(): string[] {
    return [...this.#kept.keys()];
  }

  has(group: string): boolean {
    return this.#kept.has(group);
  }

  /**
   * Ends the connections of a group but for those to one host, requests under way included. Upgraded connections belong to whoever forwards
   * them.
   */
  leave(group: string, { exceptHost }: { exceptHost?: string | undefined }): void {
    for (const upstream of this.#kept.get(group)?.values() ?? []) {
      if (upstream.host !== exceptHost) this.#drop(group, upstream);
    }
  }

  #upstream(group: string, origin: string): Upstream {
    const known = this.#kept.get(group)?.get(origin);
    if (known !== undefined) return known;
    const upstream = new Upstream(origin, this.#options.connectTimeoutMs);
    const others = this.#kept.get(group);
    if (others === undefined) this.#kept.set(group, new Map([[origin, upstream]]));
    else others.set(origin, upstream);
    return upstream;
  }

  #drop(group: string, upstream: Upstream): void {
    const others = this.#kept.get(group);
    others?.delete(upstream.origin);
    if (others?.size === 0) this.#kept.delete(group);
    upstream.close();
  }

  #sweep(): void {
    const now = Date.now();
    for (const [group, upstreams] of this.#kept) {
      for (const upstream of upstreams.values()) {
        upstream.closeWorn(now);
        if (upstream.isUnused) this.#drop(group, upstream);
      }
    }
  }
}

/** The place of an origin such as http://10.0.0.1:6001, http://[::1]:80 or unix:/run/a.sock. */
function placeOf(origin: string): UpstreamPlace {
  if (origin.startsWith(UNIX)) return { path: origin.slice(UNIX.length) };
  const { hostname, port } = new URL(origin);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? 80 : Number(port) };
}
