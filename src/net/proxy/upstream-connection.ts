/** One connection to another HTTP/1.1 server, on which one request is answered at a time: whoever asks writes the body and is told the answer. */

import type { LookupFunction, Socket, SocketConstructorOpts } from "node:net";
import { asError } from "../../core/errors.ts";
import { headerValue } from "./answer-fields.ts";
import { brokenOff, tooSlow } from "./gateway-errors.ts";
import { PatientSocket } from "./patient-socket.ts";
import { type ResponseContext, type ResponseHead, ResponseParser, type ResponseReader } from "./response-parser.ts";

/** Is told the answer to a request. Nothing is called after `onEnd`, `onError` or `onSwitch`. */
export interface ResponseHandler extends ResponseReader {
  /** There is room for more of the body. */
  onDrain(): void;
  /** `isStale`: a kept connection ended before it answered anything, so that the request may be sent once more. */
  onError(error: Error, isStale: boolean): void;
  /** An upgrade succeeded: from here on the socket is the handler's; what came behind the answer can be read from it. */
  onSwitch?(socket: Socket, head: ResponseHead): void;
}

/** A host and its port, or the path of a Unix socket. */
export type UpstreamPlace = { host: string; port: number } | { path: string };

export type UpstreamAddress = UpstreamPlace & { connectTimeoutMs: number };

export interface ConnectionOwner {
  /** The connection may be asked again. */
  onIdle(connection: UpstreamConnection): void;
  /** The connection is of no more use. Called once. */
  onClose(connection: UpstreamConnection): void;
}

/** How long a server keeps an idle connection that does not say: Node's own closes after five seconds. */
const KEPT_MS = 4_000;
const MAX_KEPT_MS = 60_000;
const READ_BYTES = 65_536;

/**
 * All connections read into one buffer: nothing else runs between a read and the end of its callback, and whoever keeps what was read copies
 * it. A buffer for each read would be 64 KiB to allocate, cut and collect for an answer of a few hundred bytes.
 */
const shared = Buffer.allocUnsafeSlow(READ_BYTES);

/** States: idle → asked → idle again, or closed; given away when the protocol switched. */
export class UpstreamConnection implements ResponseReader {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  readonly #isForUpgrade: boolean;
  #handler: ResponseHandler | undefined;
  #isSent = false;
  #isPaused = false;
  /** Has anything been read since it was asked? */
  #isHeard = false;
  #timesAsked = 0;
  #switched: ResponseHead | undefined;
  #keptMs = KEPT_MS;
  #idleSince = 0;

  /** `isForUpgrade`: its socket is given away when the other side agrees; it is never idle. */
  constructor(address: UpstreamAddress, owner: ConnectionOwner, { isForUpgrade = false } = {}) {
    this.#owner = owner;
    this.#parser = new ResponseParser(this);
    this.#isForUpgrade = isForUpgrade;
    this.#socket = isForUpgrade ? connectTo(address) : this.#connectReadingIntoShared(address);
    if (isForUpgrade) this.#socket.on("data", (bytes) => this.#onRead(bytes));
    this.#socket.on("error", (error) => this.fail(error));
    this.#socket.on("drain", () => this.#handler?.onDrain());
    this.#socket.on("end", () => this.#onFinished());
    this.#socket.on("close", () => this.#onClosed());
  }

  /** Is it gone, or idle for so long that the other side may be closing it? */
  isWorn(now: number): boolean {
    return this.#socket.destroyed || now - this.#idleSince > this.#keptMs;
  }

  /** Asks: `head` is the request up to its body. Whoever asks then calls `write` as needed, and `sent`. */
  ask(context: ResponseContext, head: string, handler: ResponseHandler): void {
    this.#handler = handler;
    this.#isSent = false;
    this.#isPaused = false;
    this.#isHeard = false;
    this.#timesAsked += 1;
    this.#parser.begin(context);
    this.#socket.write(head, "latin1");
  }

  /** Calls back when the other side is connected: at once on a kept connection, never where it cannot be reached. */
  whenConnected(callback: () => void): void {
    if (this.#socket.connecting) this.#socket.once("connect", callback);
    else callback();
  }

  /** Writes a part of the body; false: wait for `onDrain`. */
  write(part: Buffer): boolean {
    return this.#socket.write(part);
  }

  /** Writes a part of a body of unknown length. */
  writeChunk(part: Buffer): boolean {
    this.#socket.cork();
    this.#socket.write(`${part.length.toString(16)}\r\n`, "latin1");
    this.#socket.write(part);
    const hasRoom = this.#socket.write("\r\n", "latin1");
    this.#socket.uncork();
    return hasRoom;
  }

  /** The request is whole; `lastChunk` where its length was unknown. */
  sent({ lastChunk = false } = {}): void {
    if (lastChunk) this.#socket.write("0\r\n\r\n", "latin1");
    this.#isSent = true;
  }

  /** Reads no more until `resume`: the answer's reader has no room. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  /** Lets go at once; the handler is not called any more. */
  destroy(): void {
    this.#handler = undefined;
    this.#socket.destroy();
  }

  /** Ends whatever is under way: the handler is told. */
  fail(error: Error): void {
    const handler = this.#handler;
    const isStale = this.#timesAsked > 1 && !this.#isHeard;
    this.destroy();
    handler?.onError(error, isStale);
  }

  onHead(head: ResponseHead): void {
    if (this.#parser.isUpgraded) this.#switched = head;
    else this.#handler?.onHead(head);
    if (this.#parser.keepAlive) this.#keptMs = keptMsOf(head.headers);
  }

  onData(chunk: Buffer, isLast: boolean): void {
    this.#handler?.onData(chunk, isLast);
  }

  onEnd(trailers: string[]): void {
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.onEnd(trailers);
  }

  #connectReadingIntoShared(address: UpstreamAddress): Socket {
    const callback = (length: number) => this.#onRead(shared.subarray(0, length));
    return connectTo(address, { onread: { buffer: shared, callback } });
  }

  /** False: read no more for now. */
  #onRead(bytes: Buffer): boolean {
    this.#isHeard = true;
    if (this.#handler === undefined)
      this.destroy(); // nobody asked for these words
    else this.#answered(bytes);
    return !this.#isPaused;
  }

  #answered(bytes: Buffer): void {
    try {
      const rest = this.#parser.read(bytes);
      if (this.#switched !== undefined) this.#giveAway(this.#switched, rest);
      else if (this.#parser.isOver) this.#over(rest.length === 0);
    } catch (error) {
      this.fail(asError(error));
    }
  }

  #giveAway(head: ResponseHead, rest: Buffer): void {
    const handler = this.#handler;
    this.#handler = undefined;
    for (const event of ["data", "error", "drain", "end", "close"]) this.#socket.removeAllListeners(event);
    this.#socket.pause();
    if (rest.length > 0) this.#socket.unshift(rest);
    this.#owner.onClose(this);
    handler?.onSwitch?.(this.#socket, head);
  }

  /** An answer that came before the whole request, or with bytes behind it, leaves a connection that cannot be trusted. */
  #over(isClean: boolean): void {
    const mayServe = isClean && this.#isSent && this.#parser.keepAlive && !this.#isForUpgrade;
    if (!mayServe || this.#socket.destroyed) return void this.#socket.destroy();
    this.resume();
    this.#idleSince = Date.now();
    this.#owner.onIdle(this);
  }

  /** The other side will say no more: the end of an answer without a length, or too early. */
  #onFinished(): void {
    if (this.#handler === undefined) return void this.#socket.destroy();
    try {
      this.#parser.close();
      this.#socket.destroy();
    } catch (error) {
      this.fail(asError(error));
    }
  }

  #onClosed(): void {
    this.fail(brokenOff());
    this.#owner.onClose(this);
  }
}

/** A socket to another side that is given up when it does not connect in time. */
export function connectTo({ connectTimeoutMs, ...place }: UpstreamAddress, more: SocketConstructorOpts = {}): Socket {
  const socket = new PatientSocket({ ...more, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
  giveUpConnecting(socket, connectTimeoutMs);
  return socket.connect("host" in place && place.host === "localhost" ? { ...place, lookup: bothLoopbacks } : place);
}

/** Whatever a machine takes `localhost` for: Node tries one after the other. */
const bothLoopbacks: LookupFunction = (_name, _options, found) =>
  found(null, [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ]);

function giveUpConnecting(socket: Socket, afterMs: number): void {
  const timer = setTimeout(() => socket.destroy(tooSlow()), afterMs);
  const stop = () => clearTimeout(timer);
  socket.once("connect", stop);
  socket.once("close", stop);
}

/** For how long the other side keeps the connection, less a second for the way; by its header Keep-Alive if it has one. */
function keptMsOf(headers: readonly string[]): number {
  const seconds = /timeout=(\d{1,6})/.exec(headerValue(headers, "keep-alive") ?? "")?.[1];
  return seconds === undefined ? KEPT_MS : Math.min(MAX_KEPT_MS, Math.max(0, Number(seconds) - 1) * 1_000);
}
