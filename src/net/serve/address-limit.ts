/** What one address may hold of a listener: strangers behind it cannot take all, and a class behind one does not notice. */

import type { BlockList, Socket } from "node:net";
import { AppError } from "../../core/errors.ts";
import type { HttpRequest } from "../http-message.ts";
import { isTrusted, plainAddress } from "../visitor/forwarded.ts";
import { addressKey } from "./address-key.ts";

interface AddressLimitOptions {
  /** Most places of one address, while there is much room. */
  most: number;
  /** How many more could be served. */
  room: () => number;
  /** Proxies of ours: they come for many. */
  trustedProxies: BlockList;
  /** Told of every connection and request that found no place. */
  onRefused: () => void;
}

/**
 * One address holds no more than this part of the room that is left, but always may a few places: each greedy one takes at most a sixth of
 * what it finds, so that ten of them leave a sixth of all, whatever `most` is.
 */
const PART_OF_ROOM = 1 / 5;
const FEW = 10;

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
  #size = 0;
  readonly #direct = new WeakMap<Socket, { key: string; place: Place }>();

  constructor(options: AddressLimitOptions) {
    this.#options = options;
  }

  /** A connection was made. Without a place for it an idle one is closed, else the new one without an answer: no request has been read yet. */
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
      if (this.#leave(key, place) && place.isDirect) this.#take(key, place); // last in the order
    };
  }

  /** Places that are held now, of all addresses. */
  get size(): number {
    return this.#size;
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

  /** Is there a place for this address? Makes room if it can. */
  #hasRoom(key: string): boolean {
    const places = this.#places.get(key);
    const most = this.#mostNow();
    if (places === undefined || places.size < most) return true;
    for (const place of places) if (isLetIn(place)) this.#leave(key, place);
    if (places.size < most) return true;
    const idle = places.values().find(({ isDirect, underWay }) => isDirect && underWay === 0);
    if (idle !== undefined) {
      this.#leave(key, idle);
      idle.socket.destroy();
      return true;
    }
    this.#options.onRefused();
    return false;
  }

  /** Whoever holds more since there was more room keeps it, and gets one place for one. */
  #mostNow(): number {
    const { most, room } = this.#options;
    return Math.min(most, Math.max(FEW, Math.floor(room() * PART_OF_ROOM)));
  }

  #take(key: string, place: Place): void {
    const places = this.#places.get(key);
    if (places === undefined) this.#places.set(key, new Set([place]));
    else places.add(place);
    this.#size += 1;
  }

  /** False where the place was given back before. */
  #leave(key: string, place: Place): boolean {
    const places = this.#places.get(key);
    if (places?.delete(place) !== true) return false;
    if (places.size === 0) this.#places.delete(key);
    this.#size -= 1;
    return true;
  }
}

/** A role that refuses an upgrade closes the connection; one that is open and has an answer was accepted. */
function isLetIn({ socket, writtenBefore }: Place): boolean {
  return writtenBefore !== undefined && socket.bytesWritten > writtenBefore && socket.writable;
}
