/** The folders in which a project's files live, and how a path of the wire names one of them. It touches no disk. */

import { forbidden, invalid } from "../core/errors.ts";
import { MAX_PATH_LENGTH } from "../protocol/project-files.ts";

export type PlaceName = "home" | "ext" | "data" | "tmp";
/** Absolute path of each place on this machine. */
export type Places = Readonly<Record<PlaceName, string>>;

/** A path in a place: names as bytes, without "." and "..". No names: the place itself. */
export interface PlacePath {
  place: PlaceName;
  names: Buffer[];
}

const TAG = "base64:";
const SLASH = 0x2f;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A name for the wire: text where it is UTF-8, else tagged base64. */
export function toWire(bytes: Buffer): string {
  const text = decodeUtf8(bytes);
  return text === undefined || text.startsWith(TAG) ? TAG + bytes.toString("base64url") : text;
}

/** The text of bytes that are UTF-8; undefined for others. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes of a path of the wire; a part that begins with the tag is decoded wherever it stands. */
export function fromWire(wire: string): Buffer {
  const parts = wire.split("/").map((part) => (part.startsWith(TAG) ? decodeTagged(part) : Buffer.from(part)));
  return joinBytes(parts);
}

/** @throws AppError when the path is no path, is outside of all places, or leaves the one it names. */
export function parsePath(places: Places, wire: string): PlacePath {
  const bytes = fromWire(wire);
  if (bytes.length > MAX_PATH_LENGTH) throw invalid(`A path has at most ${MAX_PATH_LENGTH} bytes.`);
  if (bytes.includes(0)) throw invalid("A path cannot contain a zero byte.");
  const { place, rest } = placeOf(places, bytes);
  const names: Buffer[] = [];
  for (const name of splitBytes(rest)) {
    if (name.equals(DOT)) continue;
    if (!name.equals(DOT_DOT)) names.push(name);
    else if (names.pop() === undefined) throw forbidden(`${toWire(bytes)} leads outside of ${titleOf(place)}.`);
  }
  return { place, names };
}

/** How people call a place. */
export function titleOf(place: PlaceName): string {
  return place === "home" ? "the home folder" : `/${place}`;
}

/** The path as it is written on the wire, in its one shortest form: each name for itself, so that paths can be cut and joined there. */
export function pathToWire({ place, names }: PlacePath): string {
  const inside = names.map(toWire);
  return (place === "home" ? inside : ["", place, ...inside]).join("/");
}

export const DOT = Buffer.from(".");
export const DOT_DOT = Buffer.from("..");

/** The names in a path: empty ones are left out. */
export function splitBytes(bytes: Buffer): Buffer[] {
  const names: Buffer[] = [];
  let start = 0;
  for (let index = 0; index <= bytes.length; index++) {
    if (index !== bytes.length && bytes[index] !== SLASH) continue;
    if (index > start) names.push(bytes.subarray(start, index));
    start = index + 1;
  }
  return names;
}

/** The part of a path below a folder; undefined when it is not below it. */
export function below(folder: Buffer, path: Buffer): Buffer | undefined {
  if (path.equals(folder)) return Buffer.alloc(0);
  const prefix = folder.at(-1) === SLASH ? folder : Buffer.concat([folder, Buffer.from("/")]);
  return path.subarray(0, prefix.length).equals(prefix) ? path.subarray(prefix.length) : undefined;
}

/** The names /ext, /data and /tmp first; then the folders by where they really are, as a program in the project would say them. */
function placeOf(places: Places, bytes: Buffer): { place: PlaceName; rest: Buffer } {
  if (bytes[0] !== SLASH) return { place: "home", rest: bytes };
  for (const place of ["ext", "data", "tmp"] as const) {
    const rest = below(Buffer.from(`/${place}`), bytes);
    // the configured folder may itself stand below /tmp: its own path goes first
    if (rest !== undefined && insideAnother(places, bytes) === undefined) return { place, rest };
  }
  const found = insideAnother(places, bytes);
  if (found === undefined) throw forbidden(`${toWire(bytes)} is outside of the home folder, /ext, /data and /tmp.`);
  return found;
}

function insideAnother(places: Places, bytes: Buffer): { place: PlaceName; rest: Buffer } | undefined {
  for (const place of ["home", "ext", "data", "tmp"] as const) {
    const rest = below(Buffer.from(places[place]), bytes);
    if (rest !== undefined) return { place, rest };
  }
  return undefined;
}

function decodeTagged(part: string): Buffer {
  if (!/^[A-Za-z0-9_-]*$/.test(part.slice(TAG.length))) throw invalid(`${part} is no base64url after "${TAG}".`);
  return Buffer.from(part.slice(TAG.length), "base64url");
}

function joinBytes(parts: readonly Buffer[]): Buffer {
  return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from("/"), part])));
}
