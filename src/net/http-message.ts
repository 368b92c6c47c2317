/** The part of Node's requests and responses that the proxies use: Node's own have it, and those of `quick-connection.ts`. */

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";

export interface HttpRequest {
  readonly method?: string | undefined;
  /** Path and query as they stand in the request line. */
  readonly url?: string | undefined;
  /** By name in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** As they came: name, value, name, value. */
  readonly rawHeaders: readonly string[];
  readonly socket: Socket;
  /** Has all of it arrived, its body too? */
  readonly complete: boolean;
  on(event: "data", listener: (part: Buffer) => void): unknown;
  on(event: "end" | "error", listener: () => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

export interface HttpResponse {
  /** Null once it is over. */
  readonly socket: Socket | null;
  /** Add the header Date? */
  sendDate: boolean;
  readonly headersSent: boolean;
  /** As it was sent, or will be. */
  readonly statusCode: number;
  /** Was all of it handed to the system? */
  readonly writableFinished: boolean;
  /** Is the exchange over: answered, or cut off? */
  readonly closed: boolean;
  setHeader(name: string, value: string): unknown;
  /** `headers` as an object, or as name, value, name, value. */
  writeHead(status: number, headers: OutgoingHttpHeaders | string[]): unknown;
  flushHeaders(): void;
  /** False: wait for `drain`. `taken` is called when the system has taken the bytes, or never will. */
  write(chunk: Buffer, taken?: () => void): boolean;
  /** Only after an answer whose length was not told. */
  addTrailers(trailers: [string, string][]): void;
  end(last?: string | Buffer, encoding?: BufferEncoding): unknown;
  /** `close` comes once, after the end and when the connection breaks. */
  once(event: "close" | "drain", listener: () => void): unknown;
}
