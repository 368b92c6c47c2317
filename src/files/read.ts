/** Opens a file for reading, and answers HTTP with its bytes: ranges, etag, download. */

import { type BigIntStats, constants as flags } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { contentType, lookup } from "mime-types";
import { type AppError, invalid } from "../core/errors.ts";
import { etagOf, modifiedAt } from "./entry.ts";
import { type PlacePath, type Places, pathToWire, toWire } from "./places.ts";
import { walk } from "./walk.ts";

export interface OpenFile {
  handle: FileHandle;
  stats: BigIntStats;
}

/** Opens a regular file, following links inside its place; never waits for a pipe. The caller closes it. */
export function openForReading(places: Places, path: PlacePath): Promise<OpenFile> {
  return walk(places, path, {
    last: "follow",
    use: async ({ folder, name }) => {
      if (name === undefined) throw notAFile(path, "a folder");
      return openPlainFile(folder.at(name), path);
    },
  });
}

/** Opens what stands at a path that was walked to. */
export async function openPlainFile(at: Buffer, path: PlacePath): Promise<OpenFile> {
  const flag = flags.O_RDONLY | flags.O_NOFOLLOW | flags.O_NONBLOCK | flags.O_NOCTTY;
  const handle = await open(at as unknown as string, flag); // bytes are taken; the types lag
  try {
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile()) return { handle, stats };
    throw notAFile(path, stats.isDirectory() ? "a folder" : "no regular file");
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function notAFile(path: PlacePath, kind: string): AppError {
  return invalid(`${pathToWire(path) || "The home folder"} is ${kind}; only files can be read.`);
}

/** What a browser may do with bytes that come out of a project on the app's origin: show them, run nothing. */
const UNTRUSTED = {
  "Content-Security-Policy":
    "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'",
  "X-Content-Type-Options": "nosniff",
};

/** Answers with the file: 200, 206, 304 or 416; HEAD without the bytes. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { file, name, download }: { file: OpenFile; name: Buffer; download: boolean },
): Promise<void> {
  const { handle, stats } = file;
  const etag = `"${etagOf(stats)}"`;
  const size = Number(stats.size);
  for (const [header, value] of Object.entries(headersOf(file, name, download))) response.setHeader(header, value);
  response.setHeader("ETag", etag);
  if (matches(request.headers["if-none-match"], etag)) return endWith(file, response, 304);
  const range = rangeOf(request, etag, size);
  if (range === "unsatisfiable") {
    response.setHeader("Content-Range", `bytes */${size}`);
    return endWith(file, response, 416);
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range !== undefined) response.setHeader("Content-Range", `bytes ${start}-${end}/${size}`);
  response.statusCode = range === undefined ? 200 : 206;
  response.setHeader("Content-Length", end - start + 1);
  if (request.method === "HEAD" || size === 0) return endWith(file, response, response.statusCode);
  const bytes = handle.createReadStream({ start, end, highWaterMark: 256 * 1024 }); // closes the handle
  await pipeline(bytes, response, { end: false });
  // A file that was cut off meanwhile: nobody may wait for the rest, or take this for all of it.
  if (bytes.bytesRead < end - start + 1) request.socket.destroy();
  else response.end();
}

async function endWith({ handle }: OpenFile, response: ServerResponse, status: number): Promise<void> {
  await handle.close();
  response.statusCode = status;
  response.end();
}

function headersOf({ stats }: OpenFile, name: Buffer, download: boolean): Record<string, string> {
  const text = toWire(name);
  return {
    ...UNTRUSTED,
    "Content-Type": contentType(lookup(text) || "application/octet-stream") || "application/octet-stream",
    "Last-Modified": modifiedAt(stats).toUTCString(),
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    ...(download ? { "Content-Disposition": attachment(text) } : {}),
  };
}

/** The header that makes a browser save under this name. */
export function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** Does a list of etags, such as that of If-Match, name this one? A weak one counts: a proxy that compresses weakens ours. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((one) => bare(one) === bare(etag));
}

function bare(etag: string): string {
  return etag.trim().replace(/^W\//, "").replaceAll('"', "");
}

interface Range {
  start: number;
  end: number;
}

/** One range of bytes, clipped to the file; several are answered with the whole file, which the standard allows. */
function rangeOf(request: IncomingMessage, etag: string, size: number): Range | "unsatisfiable" | undefined {
  const ifRange = request.headers["if-range"];
  if (ifRange !== undefined && !matches(String(ifRange), etag)) return undefined;
  const match = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? "");
  if (match === null) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? "unsatisfiable" : { start, end };
}
