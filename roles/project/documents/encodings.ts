/** Between bytes and UTF-16 units, for each encoding of a text: where each unit came from, and the bytes of what is new. Pure. */

import { invalid } from "../../../src/core/errors.ts";
import { TEXT_ENCODINGS, type TextEncoding } from "../../../src/protocol/document-text.ts";

/** Told of each unit and of the place of its first byte. */
type Take = (unit: number, at: number) => void;

export interface Codec {
  decode(bytes: Uint8Array, take: Take): void;
  /** @throws AppError for a character that the encoding does not have. */
  encode(text: string): Buffer;
}

/** A byte that means nothing in an encoding is shown as a character of its own, and written back as that byte. */
const STRANGE = 0xf700;
const isStrange = (unit: number) => unit >= STRANGE + 0x80 && unit <= STRANGE + 0xff;

export function codecOf(encoding: TextEncoding): Codec {
  if (encoding === "utf-8") return utf8;
  if (encoding === "utf-16le") return utf16(0, 1);
  if (encoding === "utf-16be") return utf16(1, 0);
  return oneByte(encoding);
}

const utf8: Codec = {
  decode(bytes, take) {
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    for (let at = hasMark ? 3 : 0; at < bytes.length; ) {
      const length = sequenceLength(bytes, at);
      const point = length === 0 ? STRANGE + (bytes[at] ?? 0) : pointAt(bytes, at, length);
      if (point > 0xffff) {
        take(0xd800 + ((point - 0x10000) >> 10), at);
        take(0xdc00 + ((point - 0x10000) & 0x3ff), at);
      } else take(point, at);
      at += Math.max(1, length);
    }
  },
  encode(text) {
    if (!/[\uf780-\uf7ff]/.test(text)) return Buffer.from(text, "utf8");
    const parts = text.split(/([\uf780-\uf7ff])/);
    return Buffer.concat(parts.map((part) => (isStrange(part.charCodeAt(0)) ? strangeByte(part) : Buffer.from(part))));
  },
};

const strangeByte = (unit: string) => Buffer.of(unit.charCodeAt(0) - STRANGE);

/** Bytes of the character that begins here; 0 where none does. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  for (let next = 1; next < length; next++) if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 0;
  const point = pointAt(bytes, at, length);
  const isShortest = point >= (length === 4 ? 0x10000 : length === 3 ? 0x800 : 0x80);
  return isShortest && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff) ? length : 0;
}

function pointAt(bytes: Uint8Array, at: number, length: number): number {
  const first = bytes[at] ?? 0;
  let point = length === 1 ? first : first & (0xff >> (length + 1));
  for (let next = 1; next < length; next++) point = (point << 6) | ((bytes[at + next] ?? 0) & 0x3f);
  return point;
}

function utf16(low: 0 | 1, high: 0 | 1): Codec {
  const unitAt = (bytes: Uint8Array, at: number) => (bytes[at + low] ?? 0) | ((bytes[at + high] ?? 0) << 8);
  return {
    decode(bytes, take) {
      const hasMark = bytes.length > 0 && unitAt(bytes, 0) === 0xfeff;
      for (let at = hasMark ? 2 : 0; at < bytes.length; at += 2) take(whole(unitAt, bytes, at), at);
    },
    encode(text) {
      const bytes = Buffer.from(text, "utf16le");
      return low === 0 ? bytes : bytes.swap16();
    },
  };
}

/** The unit at a place; half of a pair without the other is no text, and is shown as what cannot be shown. */
function whole(unitAt: (bytes: Uint8Array, at: number) => number, bytes: Uint8Array, at: number): number {
  const unit = unitAt(bytes, at);
  const isHigh = unit >= 0xd800 && unit < 0xdc00;
  if (!isHigh && !(unit >= 0xdc00 && unit < 0xe000)) return unit;
  const other = isHigh ? unitAt(bytes, at + 2) : at >= 2 ? unitAt(bytes, at - 2) : 0;
  const fits = isHigh ? at + 3 < bytes.length && other >= 0xdc00 && other < 0xe000 : other >= 0xd800 && other < 0xdc00;
  return fits ? unit : 0xfffd;
}

function oneByte(encoding: TextEncoding): Codec {
  const decoder = new TextDecoder(encoding);
  const units = Uint16Array.from({ length: 256 }, (_, byte) => {
    const unit = decoder.decode(Uint8Array.of(byte)).charCodeAt(0);
    return unit === 0xfffd ? STRANGE + byte : unit;
  });
  const byteOf = new Map(Array.from(units, (unit, byte) => [unit, byte] as const));
  return {
    decode(bytes, take) {
      for (const [at, byte] of bytes.entries()) take(units[byte] ?? 0, at);
    },
    encode(text) {
      return Buffer.from(
        Array.from(text, (character) => {
          const byte = character.length === 1 ? byteOf.get(character.charCodeAt(0)) : undefined;
          if (byte === undefined)
            throw invalid(`“${character}” cannot be written in ${TEXT_ENCODINGS[encoding]}; remove it to save.`);
          return byte;
        }),
      );
    },
  };
}
