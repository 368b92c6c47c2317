/** Requests made from a seed, half of them good, whose ends two parsers could see differently: every header named in Connection, lengths and codings in all mixtures. */

/** What stands in every request of a way, so that it gets through. */
export interface Road {
  host: string;
  path: string;
  /** Such as a cookie, with its line end. */
  headers: string;
}

export interface Case {
  /** The requests that it asks, whoever reads it; what is hidden in a body has another. */
  asks: { id: string; method: string }[];
  bytes: Buffer;
  /** Where the bytes are cut on their way. */
  cuts: number[];
  /** May a parser rightly wait for more of it? */
  mayHang: boolean;
}

type Random = () => number;

/** The case of this number: always the same for a seed. */
export function caseOf(seed: number, index: number, road: Road): Case {
  const random = randomFrom(seed * 1_000_003 + index);
  const id = `${index}`;
  const first = requestOf(random, id, road);
  const isPair = chance(random, 0.15) && !first.mayHang && !/close|upgrade/i.test(first.head);
  const second = isPair ? requestOf(random, `${id}-b`, road) : undefined;
  const bytes = Buffer.from(
    first.head + first.body + (second === undefined ? "" : second.head + second.body),
    "latin1",
  );
  const asks = [first, ...(second === undefined ? [] : [second])].map(({ id, method }) => ({ id, method }));
  const cuts = chance(random, 0.3) ? [Math.floor(random() * bytes.length), Math.floor(random() * bytes.length)] : [];
  return { asks, bytes, cuts: cuts.sort((a, b) => a - b), mayHang: first.mayHang || second?.mayHang === true };
}

interface Made {
  id: string;
  method: string;
  head: string;
  body: string;
  mayHang: boolean;
}

const METHODS = ["GET", "GET", "POST", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"];

function requestOf(random: Random, id: string, road: Road): Made {
  const method = pick(random, METHODS);
  const hidden = `GET ${road.path}?case=${id}-hidden HTTP/1.1\r\nHost: ${road.host}\r\n${road.headers}\r\n`;
  const content = contentOf(random, hidden);
  const isGood = chance(random, 0.75);
  const { lines, body } = isGood ? goodFraming(random, content) : mixedFraming(random, content);
  const extra = EXTRA.filter(() => chance(random, 0.15));
  const all = shuffled(random, [...lines, ...extra, ...connectionLines(random, [...lines, ...extra])]);
  const head = `${method} ${road.path}?case=${id} HTTP/1.1\r\nHost: ${road.host}\r\n${road.headers}${all.map((line) => `${line}\r\n`).join("")}\r\n`;
  return { id, method, head, body, mayHang: !isGood };
}

function contentOf(random: Random, hidden: string): string {
  const noise = Array.from({ length: Math.floor(random() * 60) }, () => String.fromCharCode(random() * 256)).join("");
  return pick(random, [
    "",
    "",
    hidden,
    hidden,
    noise,
    `0\r\n\r\n${hidden}`,
    `${noise}\r\n${hidden}`,
    noise.repeat(random() < 0.05 ? 500 : 1),
  ]);
}

function goodFraming(random: Random, content: string): { lines: string[]; body: string } {
  if (content === "") return { lines: chance(random, 0.5) ? [] : ["Content-Length: 0"], body: "" };
  if (chance(random, 0.6))
    return {
      lines: [`${pick(random, ["Content-Length", "content-length", "CONTENT-LENGTH"])}: ${content.length}`],
      body: content,
    };
  return {
    lines: [`Transfer-Encoding: ${pick(random, ["chunked", "Chunked", "CHUNKED"])}`],
    body: chunked(random, content),
  };
}

/** In chunks of any size, with extensions and trailers. */
function chunked(random: Random, content: string): string {
  let text = "";
  for (let at = 0; at < content.length; ) {
    const size = 1 + Math.floor(random() * content.length);
    const chunk = content.slice(at, at + size);
    text += `${pick(random, ["", "0", "000"])}${chunk.length.toString(16)}${pick(random, ["", "", ";a=b", ";a"])}\r\n${chunk}\r\n`;
    at += chunk.length;
  }
  return `${text}0\r\n${pick(random, ["", "", "X-Trailer: 1\r\n", "Content-Length: 5\r\n"])}\r\n`;
}

/** Lengths and codings, right and wrong, in any number and order, over a body as it is or in chunks. */
function mixedFraming(random: Random, content: string): { lines: string[]; body: string } {
  const body = chance(random, 0.5) ? content : chunked(random, content);
  const length = pick(random, [body.length, content.length, content.length + 3, Math.max(0, content.length - 3), 0, 4]);
  const lengths = [
    `${length}`,
    `+${length}`,
    `-${length}`,
    `0${length}`,
    `0x${length}`,
    `${length},${length}`,
    `${length} `,
    `\t${length}`,
    `${length}.0`,
    `${length}\x00`,
    "99999999999999999999",
  ];
  const codings = [
    "chunked",
    "xchunked",
    "chunked;q=1",
    "identity",
    "gzip, chunked",
    "chunked, identity",
    "\x0bchunked",
    "\r\n chunked",
    "chunked\t",
    '"chunked"',
    ",chunked",
    "chunked,",
  ];
  const lengthNames = [
    "Content-Length",
    "Content-Length",
    "Content-Length ",
    "content_length",
    "Content-Length\t",
    "X\r\nContent-Length",
  ];
  const codingNames = [
    "Transfer-Encoding",
    "Transfer-Encoding",
    "Transfer-Encoding ",
    "Transfer_Encoding",
    "X:\nTransfer-Encoding",
  ];
  const lines = [
    ...Array.from({ length: Math.floor(random() * 3) }, () => `${pick(random, lengthNames)}: ${pick(random, lengths)}`),
    ...Array.from({ length: Math.floor(random() * 3) }, () => `${pick(random, codingNames)}: ${pick(random, codings)}`),
  ];
  return { lines, body };
}

const EXTRA = [
  "X-A: 1",
  "Accept: */*",
  "Content-Type: text/plain",
  "X-Forwarded-For: 203.0.113.9",
  "X-Forwarded-Proto: http",
  "X-Forwarded-Host: evil.example",
  "Forwarded: for=203.0.113.9",
  "Expect: 100-continue",
  "TE: trailers",
  "Trailer: X-Trailer",
  "Keep-Alive: timeout=1",
  "Proxy-Connection: content-length",
  "Authorization: Basic YTpi",
  "Range: bytes=0-1",
];
/** What a Connection header may name besides what stands in the request. */
const NAMED = [
  "Content-Length",
  "Transfer-Encoding",
  "Host",
  "Cookie",
  "Authorization",
  "X-Forwarded-For",
  "X-Forwarded-New",
  "X-Real-IP",
  "X-Cocalc-Assertion",
];
const HARMLESS = ["X-A", "Accept", "Content-Type", "TE", "Trailer", "Keep-Alive", "X-Unknown", "Range", ""];

function connectionLines(random: Random, lines: string[]): string[] {
  if (chance(random, 0.4)) return [];
  if (chance(random, 0.3)) return [`Connection: ${pick(random, ["keep-alive", "close", "Keep-Alive", "CLOSE"])}`];
  const present = lines.map((line) => line.split(":", 1)[0] ?? "").filter((name) => /^[\w-]+$/.test(name));
  const from = chance(random, 0.5) ? HARMLESS : [...NAMED, ...present];
  const names = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, from));
  const words = names.map((name) => pick(random, [name, name.toLowerCase(), name.toUpperCase(), ` ${name}\t`]));
  return chance(random, 0.2)
    ? words.map((word) => `Connection: ${word}`)
    : [`Connection: ${words.join(pick(random, [",", ", ", " ,"]))}`];
}

/** Numbers in [0, 1) that follow from a seed (mulberry32). */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const chance = (random: Random, share: number) => random() < share;

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T; // never empty
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map((each) => ({ each, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);
}
