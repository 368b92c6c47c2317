/** Reads the answers of another HTTP/1.1 server out of the bytes of a connection, however they are cut: heads, bodies, trailers (RFC 9112). Knows no socket. */

import { type AnswerFields, isKept, NEW_LINE, readFields } from "./answer-fields.ts";
import { badGateway, brokenOff } from "./gateway-errors.ts";

export interface ResponseHead {
  status: number;
  /** Name in lower case, value, name, value; without what frames the body. */
  headers: string[];
  /** Of the body in bytes, as the head tells it; also of one that does not follow because nobody asked for it. */
  length: number | undefined;
  /** Does a body follow whose end nobody knows yet? */
  isStream: boolean;
}

/** Is told what is read. A chunk is lent for the call alone: whoever keeps it copies it. */
export interface ResponseReader {
  onHead(head: ResponseHead): void;
  /** `isLast`: `onEnd` follows at once. */
  onData(chunk: Buffer, isLast: boolean): void;
  /** Trailers as name, value, name, value. */
  onEnd(trailers: string[]): void;
}

/** What the answer was asked with: decides whether it has a body, and what 101 means. */
export interface ResponseContext {
  method: string;
  isUpgrade: boolean;
  /** Are lines of the head that end in a line feed alone taken, as small servers that people write themselves send them? */
  takesBareLineFeeds?: boolean | undefined;
}

const MAX_HEAD_BYTES = 65_536;
const MAX_TRAILERS = 100;
/** Of answers that come before the answer. */
const MAX_INTERIM = 100;
/** Of a chunk's size with its extensions, and of a trailer. */
const MAX_LINE_BYTES = 8_192;
/** Browsers take it too (RFC 9112 §2.2). */
const BARE_NEW_LINE = /(?<!\r)\n/g;
const CR = 13;

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const CHUNK_SIZE = /^([0-9a-fA-F]{1,13})[ \t]*(?:;|$)/;

const NOTHING = Buffer.alloc(0);

/**
 * States: head → length | (chunk-line → chunk → chunk-end)* → trailers | until-close → over. An interim answer (1xx) leads back to head, a switch
 * of protocols to upgraded. `begin` leads from over to head.
 */
type State =
  | "head"
  | "length"
  | "chunk-line"
  | "chunk"
  | "chunk-end"
  | "trailers"
  | "until-close"
  | "over"
  | "upgraded";

/** Where the text before a mark ends, and where what follows the mark begins. */
interface Mark {
  at: number;
  end: number;
}

interface MarkFinder {
  /** Most bytes that a mark has. */
  longest: number;
  /** Looks for a mark that does not end before `from`. */
  find(all: Buffer, from: number): Mark | undefined;
}

const END_OF_LINE: MarkFinder = {
  longest: NEW_LINE.length,
  find(all, from) {
    const at = all.indexOf(NEW_LINE, from, "latin1");
    return at < 0 ? undefined : { at, end: at + NEW_LINE.length };
  },
};

/** The first empty line, however it and the one before it end: the same one wherever the bytes are cut. */
const END_OF_HEAD: MarkFinder = {
  longest: 2 * NEW_LINE.length,
  find(all, from) {
    const usual = all.indexOf("\n\r\n", from, "latin1");
    const bare = all.subarray(0, usual < 0 ? all.length : usual + 1).indexOf("\n\n", from, "latin1");
    const at = bare < 0 ? usual : bare;
    if (at < 0) return undefined;
    return { at: all[at - 1] === CR ? at - 1 : at, end: at + (bare < 0 ? 3 : 2) };
  },
};

export class ResponseParser {
  readonly #reader: ResponseReader;
  #context: ResponseContext = { method: "GET", isUpgrade: false };
  #state: State = "over";
  /** Of a head, a chunk's line or trailers: what came of it so far. */
  #pending: Buffer = NOTHING;
  /** Bytes still to come of the body, or of the chunk. */
  #left = 0;
  #trailers: string[] = [];
  #interim = 0;
  #keepAlive = false;

  constructor(reader: ResponseReader) {
    this.#reader = reader;
  }

  /** Is the answer read to its end? */
  get isOver(): boolean {
    return this.#state === "over";
  }

  get isUpgraded(): boolean {
    return this.#state === "upgraded";
  }

  /** May the connection serve another request after this answer? */
  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  /** The next bytes answer this. */
  begin(context: ResponseContext): void {
    this.#context = context;
    this.#state = "head";
    this.#pending = NOTHING;
    this.#trailers = [];
    this.#interim = 0;
    this.#keepAlive = false;
  }

  /**
   * Reads on. Returns what is left when the answer is over or the protocol has switched: bytes that are no part of it.
   * @throws AppError `unavailable` with status 502 for what is not HTTP/1.1, or exceeds a bound.
   */
  read(bytes: Buffer): Buffer {
    let rest = bytes;
    while (rest.length > 0 && this.#state !== "over" && this.#state !== "upgraded") rest = this.#step(rest);
    return rest;
  }

  /** The connection ended. @throws AppError `unavailable` with status 502 when the answer was not over. */
  close(): void {
    if (this.#state === "until-close") {
      this.#state = "over";
      this.#reader.onEnd([]);
    } else if (this.#state !== "over" && this.#state !== "upgraded") throw brokenOff();
  }

  #step(bytes: Buffer): Buffer {
    switch (this.#state) {
      case "length":
        return this.#body(bytes, "over");
      case "chunk":
        return this.#body(bytes, "chunk-end");
      case "until-close":
        this.#reader.onData(bytes, false);
        return NOTHING;
      case "chunk-end":
        return this.#upTo(END_OF_LINE, 0, bytes);
      case "head":
        if (!beginsAsHttp(this.#pending, bytes)) throw badGateway("What it answered is not HTTP/1.1.");
        return this.#upTo(END_OF_HEAD, MAX_HEAD_BYTES, bytes);
      default:
        return this.#upTo(END_OF_LINE, MAX_LINE_BYTES, bytes);
    }
  }

  /** Takes what stands before a mark, which may be cut anywhere; nothing happens until it has come whole. */
  #upTo({ longest, find }: MarkFinder, maxBytes: number, bytes: Buffer): Buffer {
    const before = this.#pending.length;
    const all = before === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const mark = find(all, Math.max(0, before - longest + 1));
    if ((mark?.at ?? 0) > maxBytes || (mark === undefined && all.length >= maxBytes + longest))
      throw badGateway("Its answer is malformed, or its head has no end.");
    if (mark === undefined) {
      this.#pending = before === 0 ? Buffer.from(bytes) : all; // what is lent is copied
      return NOTHING;
    }
    this.#pending = NOTHING;
    this.#take(all.toString("latin1", 0, mark.at), all.toString("latin1", mark.at, mark.end));
    return all.subarray(mark.end);
  }

  #take(text: string, mark: string): void {
    if (this.#state === "head") this.#head(this.#withUsualLines(text, mark));
    else if (this.#state === "chunk-line") this.#chunkLine(text);
    else if (this.#state === "trailers") this.#trailer(text);
    else this.#state = "chunk-line";
  }

  /** @throws AppError where a line ends otherwise, unless the context takes that. */
  #withUsualLines(text: string, mark: string): string {
    if (this.#context.takesBareLineFeeds === true) return text.replace(BARE_NEW_LINE, NEW_LINE);
    if (mark !== NEW_LINE + NEW_LINE)
      throw badGateway("Lines of its answer end in another way than those of HTTP/1.1.");
    return text;
  }

  #head(text: string): void {
    const lineEnd = text.indexOf(NEW_LINE);
    const statusLine = STATUS_LINE.exec(lineEnd < 0 ? text : text.slice(0, lineEnd));
    if (statusLine === null) throw badGateway("What it answered is not HTTP/1.1.");
    const status = Number(statusLine[2]);
    const fields = readFields(text, lineEnd < 0 ? text.length : lineEnd + NEW_LINE.length);
    if (status === 101) return void this.#switch(fields);
    if (status < 200) return void this.#skipInterim();
    this.#keepAlive = isKept(fields.connection, statusLine[1] === "1");
    this.#frame(status, fields);
  }

  /** What comes before the answer is between the other side and us: the state stays. */
  #skipInterim(): void {
    this.#interim += 1;
    if (this.#interim > MAX_INTERIM) throw badGateway("It announces an answer again and again, and gives none.");
  }

  #switch({ headers }: AnswerFields): void {
    if (!this.#context.isUpgrade) throw badGateway("It switched protocols without being asked to.");
    this.#state = "upgraded";
    this.#reader.onHead({ status: 101, headers, length: undefined, isStream: false });
  }

  /** How the end of the body is known (RFC 9112 §6.3). */
  #frame(status: number, { headers, length, coding }: AnswerFields): void {
    if (coding !== undefined && coding !== "chunked")
      throw badGateway("Its answer has a transfer coding that is unknown here.");
    const isEmpty = this.#context.method === "HEAD" || status === 204 || status === 304;
    // With both, somebody on the way may have been deceived: the connection is not used again.
    if (coding !== undefined && length !== undefined) this.#keepAlive = false;
    if (isEmpty || (coding === undefined && length === 0)) this.#state = "over";
    else if (coding !== undefined) this.#state = "chunk-line";
    else if (length !== undefined) this.#state = "length";
    else this.#state = "until-close";
    if (this.#state === "until-close") this.#keepAlive = false;
    this.#left = length ?? 0;
    const isStream = this.#state === "chunk-line" || this.#state === "until-close";
    const told = coding !== undefined || status === 204 ? undefined : length;
    this.#reader.onHead({ status, headers, length: told, isStream });
    if (this.isOver) this.#reader.onEnd([]);
  }

  #body(bytes: Buffer, next: "over" | "chunk-end"): Buffer {
    const isWhole = bytes.length >= this.#left;
    const chunk = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#left -= chunk.length;
    if (isWhole) this.#state = next;
    this.#reader.onData(chunk, this.isOver);
    if (this.isOver) this.#reader.onEnd([]);
    return isWhole ? bytes.subarray(chunk.length) : NOTHING;
  }

  #chunkLine(line: string): void {
    const size = CHUNK_SIZE.exec(line)?.[1];
    if (size === undefined) throw badGateway("A chunk of its answer is malformed.");
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailers" : "chunk";
  }

  #trailer(line: string): void {
    if (line !== "") {
      this.#trailers.push(...readFields(line, 0).headers);
      if (this.#trailers.length > 2 * MAX_TRAILERS) throw badGateway("Its answer has too many trailers.");
      return;
    }
    this.#state = "over";
    const trailers = this.#trailers;
    this.#trailers = [];
    this.#reader.onEnd(trailers);
  }
}

const BEGIN = "HTTP/1.";

/** Could these be the first bytes of an answer? Some other server may say a line of its own and then wait for ever. */
function beginsAsHttp(pending: Buffer, bytes: Buffer): boolean {
  if (pending.length >= BEGIN.length) return true; // looked at already
  const first = pending.toString("latin1") + bytes.toString("latin1", 0, BEGIN.length);
  return BEGIN.startsWith(first.slice(0, BEGIN.length));
}
