/** What one address may hold of a listener: strangers behind it cannot take all, and a class behind one does not notice. */

import type { BlockList, Socket } from "node:net";
import { AppError } from "../core/errors.ts";
import { addressKey } from "./address-key.ts";
import { isTrusted, plainAddress } from "./forwarded.ts";
import type { HttpRequest } from "./http-message.ts";

interface AddressLimitOptions {
  /** Most places of one address. */
  most: number;
  /** Proxies of ours: they come for many. */
  trustedProxies: BlockList;
  /** Told of every connection and request that found no place. */
  onRefused: () => void;
}

/**
 * A place is held by a connection that comes directly, as long as it is open; by way of a proxy of ours, by a request that is under way.
 * An upgrade gives its place back once a role has answered it: who is let in there is known, and counted by account.
 */
interface Place {
  socket: Socket;
  /** Does the socket belong to this address alone? */
  isDirect: boolean;
  underWay: number;
  /** What had been written when an upgrade was asked for. */
  writtenBefore?: number;
}

export class AddressLimit {
  readonly #options: AddressLimitOptions;
  /** By address; in each, whoever did nothing for the longest time stands first. */
  readonly #places = new Map<string, Set<Place>>();
  readonly #direct = new WeakMap<Socket, { key: string; place: Place }>();

  constructor(options: AddressLimitOptions) {
    this.#options = options;
  }

  /** A connection was made. Where there is no place, one on which nothing is under way has to go, else this one: nothing can be said yet. */
  connected(socket: Socket): void {
    const peer = plainAddress(socket.remoteAddress ?? "");
    if (isTrusted(peer, this.#options.trustedProxies)) return;
    const key = addressKey(peer);
    if (!this.#hasRoom(key)) return void socket.destroy();
    const place = { socket, isDirect: true, underWay: 0 };
    this.#take(key, place);
    this.#direct.set(socket, { key, place });
    socket.once("close", () => this.#leave(key, place));
  }

  /** A request or upgrade of an address begins; returns what is called when it is over. @throws AppError `rate_limited` without a place. */
  enter({ socket }: HttpRequest, address: string, { isUpgrade = false } = {}): () => void {
    const { key, place } = this.#direct.get(socket) ?? this.#newPlace(socket, address);
    if (place === undefined) return () => {};
    place.underWay += 1;
    if (isUpgrade) place.writtenBefore = socket.bytesWritten;
    return () => {
      place.underWay -= 1;
      if (!place.isDirect) this.#leave(key, place);
      else if (this.#places.get(key)?.delete(place)) this.#take(key, place); // last in the order
    };
  }

  /** Places that are held now, of all addresses. */
  get size(): number {
    return this.#places.values().reduce((sum, { size }) => sum + size, 0);
  }

  #newPlace(socket: Socket, address: string): { key: string; place?: Place } {
    const key = addressKey(address);
    if (isTrusted(address, this.#options.trustedProxies)) return { key };
    if (!this.#hasRoom(key)) {
      const message = "Too many requests of your network are under way here; try again in a moment.";
      throw new AppError("rate_limited", message, { retryAfterSeconds: 2 });
    }
    const place = { socket, isDirect: false, underWay: 0 };
    this.#take(key, place);
    return { key, place };
  }

  /** Makes room if it can. */
  #hasRoom(key: string): boolean {
    const places = this.#places.get(key);
    if (places === undefined || places.size < this.#options.most) return true;
    for (const place of places) if (isLetIn(place)) places.delete(place);
    if (places.size < this.#options.most) return true;
    const idle = places.values().find(({ isDirect, underWay }) => isDirect && underWay === 0);
    if (idle !== undefined) {
      this.#leave(key, idle);
      idle.socket.destroy();
      return true;
    }
    this.#options.onRefused();
    return false;
  }

  #take(key: string, place: Place): void {
    const places = this.#places.get(key);
    if (places === undefined) this.#places.set(key, new Set([place]));
    else places.add(place);
  }

  #leave(key: string, place: Place): void {
    const places = this.#places.get(key);
    places?.delete(place);
    if (places?.size === 0) this.#places.delete(key);
  }
}

/** A role that refuses an upgrade closes the connection; one that is open and has an answer was accepted. */
function isLetIn({ socket, writtenBefore }: Place): boolean {
  return writtenBefore !== undefined && socket.bytesWritten > writtenBefore && socket.writable;
}
