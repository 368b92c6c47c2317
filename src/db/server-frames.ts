/**
 * Looks at the bytes of a PostgreSQL server before `pg` reads them. Its parser trusts each of them: it loops for ever on an error whose last zero is
 * missing, and what it throws ends the process. What is well-formed passes, whatever it says: only TLS tells a garbled value from a true one.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */

/** The bytes of a connection are not those of a PostgreSQL server; its `code` tells that it is the network's fault. */
export class GarbledError extends Error {
  readonly code = "EGARBLED";

  constructor(what: string, options?: ErrorOptions) {
    super(`what came from the database makes no sense: ${what}`, options);
    this.name = "GarbledError";
  }
}

/** A byte that says the kind, and the length of what follows, itself included. */
const KIND_BYTES = 1;
const LENGTH_BYTES = 4;
const HEADER_BYTES = KIND_BYTES + LENGTH_BYTES;
/** As libpq has it: only some kinds may be longer. */
const SHORT = 30_000;
/** PostgreSQL makes no longer row. */
const LONG = 2 ** 30;

/** Whether the bytes from `at` to `end` are a body of the kind. */
type IsBody = (bytes: Buffer, at: number, end: number) => boolean;

interface Kind {
  longest: number;
  isBody: IsBody;
}

const nothing: IsBody = (_bytes, at, end) => at === end;

/** So many texts, each with a zero at its end, after so many bytes of anything. */
const texts =
  (count: number, before = 0): IsBody =>
  (bytes, at, end) => {
    let next = at + before;
    for (let left = count; left > 0 && next <= end; left -= 1) next = afterText(bytes, next);
    return next === end;
  };

/** A letter and a text each, until a zero where the next letter would be. */
const fields: IsBody = (bytes, at, end) => {
  let next = at;
  while (next < end && bytes[next] !== 0) next = afterText(bytes, next + 1);
  return next === end - 1;
};

/** Readiness: idle, in a transaction, or in one that failed. */
const readiness: IsBody = (bytes, at, end) => end - at === 1 && "ITE".includes(String.fromCharCode(bytes[at] ?? 0));

/** Let in; asked for a password: plain, MD5, SCRAM and its two further steps. */
const AUTHENTICATIONS = new Set([0, 3, 5, 10, 11, 12]);
const authentication: IsBody = (bytes, at, end) => end - at >= 4 && AUTHENTICATIONS.has(bytes.readInt32BE(at));

const backendKey: IsBody = (_bytes, at, end) => end - at >= 8;

const columnsOfRows: IsBody = (bytes, at, end) => {
  if (end - at < 2) return false;
  let next = at + 2;
  for (let left = bytes.readInt16BE(at); left > 0 && next <= end; left -= 1) next = afterText(bytes, next) + 18;
  return next === end;
};

const parameterTypes: IsBody = (bytes, at, end) => end - at >= 2 && end - at === 2 + 4 * bytes.readInt16BE(at);

const row: IsBody = (bytes, at, end) => {
  if (end - at < 2) return false;
  let next = at + 2;
  for (let left = bytes.readInt16BE(at); left > 0; left -= 1) {
    if (next + 4 > end) return false;
    const length = bytes.readInt32BE(next); // -1: null
    if (length < -1) return false;
    next += 4 + Math.max(length, 0);
  }
  return next === end;
};

/** Beyond the frame, and so no end of it, where there is no zero. */
function afterText(bytes: Buffer, at: number): number {
  const zero = bytes.indexOf(0, at);
  return zero === -1 ? Number.POSITIVE_INFINITY : zero + 1;
}

/**
 * What a server may say to us, who never copy, never ask for a part of the rows, and speak version 3.0 of the protocol. A kind too many could be
 * taken for the end of another statement.
 */
const KINDS: Partial<Record<string, Kind>> = {
  "1": { longest: SHORT, isBody: nothing }, // parsed
  "2": { longest: SHORT, isBody: nothing }, // bound
  "3": { longest: SHORT, isBody: nothing }, // closed
  A: { longest: LONG, isBody: texts(2, 4) }, // notification
  C: { longest: SHORT, isBody: texts(1) }, // a command is complete
  D: { longest: LONG, isBody: row },
  E: { longest: LONG, isBody: fields }, // error
  I: { longest: SHORT, isBody: nothing }, // the statement was empty
  K: { longest: SHORT, isBody: backendKey },
  N: { longest: LONG, isBody: fields }, // notice
  R: { longest: SHORT, isBody: authentication },
  S: { longest: SHORT, isBody: texts(2) }, // a parameter of the session
  T: { longest: LONG, isBody: columnsOfRows },
  Z: { longest: SHORT, isBody: readiness },
  n: { longest: SHORT, isBody: nothing }, // no rows will come
  t: { longest: LONG, isBody: parameterTypes },
};

/** The frames of one connection, from its first byte. */
export class ServerFrames {
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** How many bytes make it worth looking again. */
  #wanted = HEADER_BYTES;
  /** As the last description of rows said. */
  #columns = 0;

  /** The frames that are whole with this chunk, in one piece; the rest is held until it is. @throws GarbledError */
  take(chunk: Buffer): Buffer | undefined {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#wanted) return undefined;
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held, this.#heldBytes);
    const end = this.#endOfWhole(bytes);
    this.#held = end < bytes.length ? [bytes.subarray(end)] : [];
    this.#heldBytes = bytes.length - end;
    return end > 0 ? bytes.subarray(0, end) : undefined;
  }

  #endOfWhole(bytes: Buffer): number {
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const kind = kindAt(bytes, at);
      const end = at + KIND_BYTES + bytes.readUInt32BE(at + KIND_BYTES);
      this.#wanted = end - at;
      if (end > bytes.length) return at;
      this.#check(kind, bytes, at, end);
      at = end;
    }
    this.#wanted = HEADER_BYTES;
    return at;
  }

  #check({ isBody }: Kind, bytes: Buffer, at: number, end: number): void {
    const name = String.fromCharCode(bytes[at] ?? 0);
    const body = at + HEADER_BYTES;
    if (!isBody(bytes, body, end))
      throw new GarbledError(`a message ${name} of ${end - body} bytes is not well-formed`);
    if (name === "T") this.#columns = bytes.readInt16BE(body);
    if (name === "D" && bytes.readInt16BE(body) !== this.#columns)
      throw new GarbledError("a row has other columns than were said");
  }
}

/** Looked at as soon as the header is there: a length that cannot be is not waited for. @throws GarbledError */
function kindAt(bytes: Buffer, at: number): Kind {
  const code = bytes[at] ?? 0;
  const kind = KINDS[String.fromCharCode(code)];
  if (kind === undefined) throw new GarbledError(`no server sends a message of the kind 0x${code.toString(16)}`);
  const length = bytes.readUInt32BE(at + KIND_BYTES);
  if (length < LENGTH_BYTES || length > kind.longest) throw new GarbledError(`a message of ${length} bytes`);
  return kind;
}
