/** Answers HTTP with the bytes of a file: ranges, etag, download. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { etagOf, matches, modifiedAt } from "../../../src/files/entry.ts";
import { decodeUtf8 } from "../../../src/files/places.ts";
import type { OpenFile } from "../../../src/files/read.ts";

/** What a browser may do with bytes that come out of a project on the app's origin: show them, run nothing. */
const UNTRUSTED = {
  "Content-Security-Policy":
    "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'unsafe-inline'",
  "X-Content-Type-Options": "nosniff",
};

/** Answers with the file: 200, 206, 304 or 416; HEAD without the bytes. The caller closes it. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { file, name, download }: { file: OpenFile; name: Buffer; download: boolean },
): Promise<void> {
  const { handle, stats } = file;
  const etag = `"${etagOf(stats)}"`;
  const size = Number(stats.size);
  for (const [header, value] of Object.entries(await headersOf(file, name, download)))
    response.setHeader(header, value);
  response.setHeader("ETag", etag);
  if (matches(request.headers["if-none-match"], etag)) return endWith(response, 304);
  const range = rangeOf(request, etag, size);
  if (range === "unsatisfiable") {
    response.setHeader("Content-Range", `bytes */${size}`);
    return endWith(response, 416);
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range !== undefined) response.setHeader("Content-Range", `bytes ${start}-${end}/${size}`);
  response.statusCode = range === undefined ? 200 : 206;
  response.setHeader("Content-Length", end - start + 1);
  if (request.method === "HEAD" || size === 0) return endWith(response, response.statusCode);
  if (response.destroyed) return; // its reader went away meanwhile, of which nobody would be told any more
  const bytes = handle.createReadStream({ start, end, autoClose: false, highWaterMark: 256 * 1024 });
  await pipeline(bytes, response, { end: false });
  // A file that was cut off meanwhile: nobody may wait for the rest, or take this for all of it.
  if (bytes.bytesRead < end - start + 1) request.socket.destroy();
  else response.end();
}

function endWith(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.end();
}

async function headersOf({ stats }: OpenFile, name: Buffer, download: boolean): Promise<Record<string, string>> {
  const { contentType, lookup } = await import("mime-types"); // a table of 2,000 types: when a file is first asked for
  const text = decodeUtf8(name) ?? name.toString("latin1"); // a name that is no text is saved under one that can be read
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
