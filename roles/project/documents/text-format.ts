/** Between the bytes of a text file and the text that people edit: UTF-8, a byte order mark, line endings. Pure. */

import { applyChanges, changesBetween } from "../../../src/text/text-changes.ts";

export interface TextFormat {
  byteOrderMark: boolean;
  /** Of new lines; of all lines unless `mixed`. */
  lineEnd: "\n" | "\r\n" | "\r";
  /** The text as it stands on disk, where its lines end in different ways. */
  mixed: string | undefined;
}

export interface DecodedText {
  /** Lines end in "\n". */
  text: string;
  format: TextFormat;
}

export const PLAIN_FORMAT: TextFormat = { byteOrderMark: false, lineEnd: "\n", mixed: undefined };

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LINE_END = /\r\n|\r|\n/g;

/** The text of a file's bytes; undefined when they are no UTF-8 text. */
export function decodeText(bytes: Uint8Array): DecodedText | undefined {
  if (bytes.includes(0)) return undefined;
  let raw: string;
  try {
    raw = DECODER.decode(bytes);
  } catch {
    return undefined;
  }
  const byteOrderMark = raw.startsWith("\ufeff");
  if (byteOrderMark) raw = raw.slice(1);
  if (!raw.includes("\r")) return { text: raw, format: { ...PLAIN_FORMAT, byteOrderMark } };
  const counts = new Map<string, number>();
  for (const [end] of raw.matchAll(LINE_END)) counts.set(end, (counts.get(end) ?? 0) + 1);
  const [most = "\n"] = [...counts].sort((a, b) => b[1] - a[1]).map(([end]) => end);
  return {
    text: plainEnds(raw),
    format: { byteOrderMark, lineEnd: most as TextFormat["lineEnd"], mixed: counts.size > 1 ? raw : undefined }, // the expression matches these
  };
}

function plainEnds(raw: string): string {
  return raw.replace(LINE_END, "\n");
}

/** The bytes of a text in the file's own format, and that format as it is then: lines that stay keep their own ends. */
export function encodeText(text: string, format: TextFormat): { bytes: Buffer; format: TextFormat } {
  const raw =
    format.mixed === undefined ? withEnds(text, format.lineEnd) : mixedEnds(text, format.mixed, format.lineEnd);
  const bytes = Buffer.from((format.byteOrderMark ? "\ufeff" : "") + raw, "utf8");
  return { bytes, format: { ...format, mixed: format.mixed === undefined ? undefined : raw } };
}

function withEnds(text: string, end: string): string {
  return end === "\n" ? text : text.replaceAll("\n", end);
}

function mixedEnds(text: string, raw: string, end: string): string {
  const positions = rawPositions(raw);
  const changes = changesBetween(plainEnds(raw), text).map(({ at, remove, insert }) => {
    const from = positions[at] ?? raw.length;
    return { at: from, remove: (positions[at + remove] ?? raw.length) - from, insert: withEnds(insert, end) };
  });
  return applyChanges(raw, changes);
}

/** Where each unit of the plain text stands in the raw one. */
function rawPositions(raw: string): number[] {
  const positions: number[] = [];
  for (let index = 0; index < raw.length; index++) {
    positions.push(index);
    if (raw[index] === "\r" && raw[index + 1] === "\n") index++;
  }
  positions.push(raw.length);
  return positions;
}
