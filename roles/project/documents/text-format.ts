/** Between the bytes of a text file and the text that people edit: encoding, byte order mark, line endings. Pure. */

import type { LineEnd, TextEncoding, WrittenAs } from "../../../src/protocol/document-text.ts";
import { changesBetween } from "../../../src/text/text-changes.ts";
import { codecOf } from "./encodings.ts";

/** `lineEnd` is the one of all lines unless there are `bytes`. */
export interface TextFormat extends WrittenAs {
  byteOrderMark: boolean;
  /** The file's bytes, where a text could have been made of others too: what stays is copied from them. */
  bytes: Uint8Array | undefined;
}

export interface DecodedText {
  /** Lines end in "\n". */
  text: string;
  format: TextFormat;
}

export const PLAIN_FORMAT: TextFormat = {
  encoding: "utf-8",
  byteOrderMark: false,
  lineEnd: "\n",
  bytes: undefined,
};

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of a file's bytes; undefined when they are no text, as far as can be told without having been told an encoding. */
export function decodeText(bytes: Uint8Array, encoding?: TextEncoding): DecodedText | undefined {
  if (encoding?.startsWith("utf-16") && bytes.length % 2 === 1) return undefined;
  if (encoding !== undefined) return decodeAs(bytes, encoding).decoded;
  const marked = markedAs(bytes);
  if (marked !== undefined) {
    const { decoded } = decodeAs(bytes, marked);
    return /[\0\ufffd]/.test(decoded.text) ? undefined : decoded;
  }
  if (bytes.includes(0)) return undefined;
  try {
    return decodePlain(bytes, DECODER.decode(bytes));
  } catch {
    return undefined;
  }
}

/** Of all encodings but UTF-8, only UTF-16 with a mark is told from anything else for sure. */
function markedAs(bytes: Uint8Array): TextEncoding | undefined {
  if (bytes.length % 2 === 1) return undefined;
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  return bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : undefined;
}

function decodePlain(bytes: Uint8Array, marked: string): DecodedText {
  const byteOrderMark = marked.startsWith("\ufeff");
  const raw = byteOrderMark ? marked.slice(1) : marked;
  if (raw.includes("\r")) return decodeAs(bytes, "utf-8").decoded;
  return { text: raw, format: { ...PLAIN_FORMAT, byteOrderMark } };
}

/** Any bytes are text in a given encoding; of UTF-16, any even number. `places`: the byte at which each unit begins, and the end. */
function decodeAs(bytes: Uint8Array, encoding: TextEncoding): { decoded: DecodedText; places: Uint32Array } {
  const units = new Uint16Array(bytes.length); // an encoding has no more units than bytes
  const places = new Uint32Array(bytes.length + 1);
  const ends = { "\n": 0, "\r\n": 0, "\r": 0 };
  let length = 0;
  let afterReturn = false;
  codecOf(encoding).decode(bytes, (unit, at) => {
    const isFeed = unit === 0x0a;
    if (isFeed && afterReturn) {
      ends["\r"]--;
      ends["\r\n"]++;
    } else {
      if (isFeed) ends["\n"]++;
      if (unit === 0x0d) ends["\r"]++;
      units[length] = unit === 0x0d ? 0x0a : unit;
      places[length++] = at;
    }
    afterReturn = unit === 0x0d;
  });
  places[length] = bytes.length;
  const text = Buffer.from(units.buffer, 0, length * 2).toString("utf16le");
  const found = (Object.keys(ends) as LineEnd[]).filter((end) => ends[end] > 0); // the object's own keys
  const lineEnd = found.toSorted((a, b) => ends[b] - ends[a])[0] ?? "\n";
  const isPlain = encoding === "utf-8" && found.length <= 1 && isTheirs(bytes, text, lineEnd);
  const byteOrderMark = isPlain && startsWithMark(bytes); // else it is among the bytes that stay
  return {
    decoded: { text, format: { encoding, byteOrderMark, lineEnd, bytes: isPlain ? undefined : bytes } },
    places,
  };
}

const startsWithMark = (bytes: Uint8Array) => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;

/** Would the text be written as these very bytes? */
function isTheirs(bytes: Uint8Array, text: string, lineEnd: LineEnd): boolean {
  return encodePlain(text, { lineEnd, byteOrderMark: startsWithMark(bytes) }).equals(bytes);
}

/** The bytes of a text in the file's own format, and that format as it is then: what stays is written as it was. @throws AppError */
export function encodeText(text: string, format: TextFormat): { bytes: Buffer; format: TextFormat } {
  if (format.bytes === undefined) return { bytes: encodePlain(text, format), format };
  const bytes = encodeChanges(text, format.bytes, format);
  return { bytes, format: { ...format, bytes } };
}

function encodePlain(text: string, { byteOrderMark, lineEnd }: Pick<TextFormat, "byteOrderMark" | "lineEnd">): Buffer {
  return Buffer.from((byteOrderMark ? "\ufeff" : "") + withEnds(text, lineEnd), "utf8");
}

function withEnds(text: string, end: LineEnd): string {
  return end === "\n" ? text : text.replaceAll("\n", end);
}

function encodeChanges(text: string, before: Uint8Array, { encoding, lineEnd }: TextFormat): Buffer {
  const { decoded, places } = decodeAs(before, encoding);
  const codec = codecOf(encoding);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const { at, remove, insert } of changesBetween(decoded.text, text)) {
    parts.push(before.subarray(from, places[at]), codec.encode(withEnds(insert, lineEnd)));
    from = places[at + remove] ?? before.length;
  }
  return Buffer.concat([...parts, before.subarray(from)]);
}
