/** A zip or tar of files and folders as a stream: one file open at a time, links stored as links, what cannot be read named in it. */

import type { BigIntStats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { PassThrough, type Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipArchive } from "archiver";
import { pack } from "tar-stream";
import { messageOf } from "../core/errors.ts";
import { modifiedAt } from "./entry.ts";
import { fileError } from "./file-errors.ts";
import { decodeUtf8, type PlacePath, type Places } from "./places.ts";
import { openPlainFile } from "./read.ts";
import { type Folder, walk } from "./walk.ts";

/** Where entries go; each call resolves when the entry is in the stream. */
interface Sink {
  file(name: string, stats: BigIntStats, bytes: Readable): Promise<void>;
  folder(name: string, stats: BigIntStats): Promise<void>;
  link(name: string, stats: BigIntStats, target: string): Promise<void>;
  finish(): Promise<void>;
}

const NOT_INCLUDED = "NOT-INCLUDED.txt";
const MAX_NOTES = 1_000;

interface ArchiveOptions {
  places: Places;
  paths: readonly PlacePath[];
  format: "zip" | "tar";
}

/** Writes the archive and ends the stream. Rejects when the reader goes away. */
export async function writeArchive(output: Writable, { places, paths, format }: ArchiveOptions): Promise<void> {
  const { sink, stream } = format === "zip" ? zipSink() : tarSink();
  const fill = async () => {
    const notes: string[] = [];
    for (const path of paths) await addPath(sink, { places, path, notes });
    if (notes.length > 0) await addNotes(sink, notes);
    await sink.finish();
  };
  await Promise.all([pipeline(stream, output), fill().catch((error) => void stream.destroy(error as Error))]);
}

async function addPath(
  sink: Sink,
  { places, path, notes }: { places: Places; path: PlacePath; notes: string[] },
): Promise<void> {
  await walk(places, path, {
    last: "keep",
    use: async ({ folder, name }) => {
      if (name !== undefined) return addName({ sink, notes, path }, folder, { name, as: printable(name) });
      for (const child of await readdir(folder.path, { encoding: "buffer" }))
        await addName({ sink, notes, path }, folder, { name: child, as: printable(child) });
    },
  });
}

interface Adding {
  sink: Sink;
  notes: string[];
  path: PlacePath;
}

/** Adds a name and what is in it; one that cannot be read is noted and left out. */
async function addName(adding: Adding, folder: Folder, { name, as }: { name: Buffer; as: string }): Promise<void> {
  const { sink } = adding;
  try {
    const stats = await lstat(folder.at(name), { bigint: true });
    if (stats.isSymbolicLink()) await sink.link(as, stats, printable(await readlink(folder.at(name), "buffer")));
    else if (stats.isDirectory()) await addFolder(adding, await folder.enter(name), { as, stats });
    else if (stats.isFile()) await addFile(adding, folder.at(name), as);
    else note(adding, `${as}: a pipe, socket or device`);
  } catch (error) {
    if (error instanceof SinkError) throw error.cause;
    note(adding, `${as}: ${messageOf(fileError(error, as))}`);
  }
}

function note({ notes }: Adding, text: string): void {
  if (notes.length < MAX_NOTES) notes.push(text);
}

async function addFolder(
  adding: Adding,
  inner: Folder,
  { as, stats }: { as: string; stats: BigIntStats },
): Promise<void> {
  try {
    await adding.sink.folder(as, stats);
    const children = await readdir(inner.path, { encoding: "buffer" });
    for (const name of children.sort(Buffer.compare))
      await addName(adding, inner, { name, as: `${as}/${printable(name)}` });
  } finally {
    await inner.close();
  }
}

async function addFile({ sink, path }: Adding, at: Buffer, as: string): Promise<void> {
  const { handle, stats } = await openPlainFile(at, path);
  try {
    // a file that grows meanwhile is taken as long as it was
    const end = Number(stats.size) - 1;
    const bytes =
      end < 0 ? empty() : handle.createReadStream({ start: 0, end, autoClose: false, highWaterMark: 256 * 1024 });
    await sink.file(as, stats, bytes);
  } finally {
    await handle.close();
  }
}

async function addNotes(sink: Sink, notes: readonly string[]): Promise<void> {
  const text = Buffer.from(`These could not be read and are not in this archive:\n\n${notes.join("\n")}\n`);
  const now = BigInt(Date.now());
  const stats = { size: BigInt(text.length), mode: 0o100644n, mtimeMs: now } as BigIntStats; // the fields that a sink reads
  const bytes = new PassThrough();
  bytes.end(text);
  await sink.file(NOT_INCLUDED, stats, bytes);
}

function empty(): Readable {
  const stream = new PassThrough();
  stream.end();
  return stream;
}

/**
 * Archives hold text: bytes that are not UTF-8 are written as %xx, and a % that looks like that as %25, so that no two names become one (a
 * link, and a folder that whoever unpacks it would write through that link).
 */
function printable(bytes: Buffer): string {
  const text = decodeUtf8(bytes);
  const plain = (text ?? bytes.toString("latin1")).replace(/%(?=[0-9a-f]{2})/gi, "%25");
  return text === undefined ? plain.replace(/[\x80-\xff]/g, hex) : plain;
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** The stream itself failed (the reader went away): not to be noted as a file that cannot be read. */
class SinkError extends Error {}

function intoSink(act: Promise<void>): Promise<void> {
  return act.catch((cause: unknown) => {
    throw new SinkError("the archive's stream failed", { cause });
  });
}

function commonFields(name: string, stats: BigIntStats) {
  return { name, mode: Number(stats.mode & 0o7777n), date: modifiedAt(stats) };
}

function tarSink(): { sink: Sink; stream: Readable } {
  const tar = pack();
  const gone = goneFrom(tar);
  const header = (name: string, stats: BigIntStats) => {
    const { date: mtime, ...rest } = commonFields(name, stats);
    return { ...rest, mtime };
  };
  const plain = (fields: Parameters<typeof tar.entry>[0]) =>
    intoSink(
      Promise.race([
        gone,
        new Promise<void>((resolve, reject) => tar.entry(fields, "", (e) => (e ? reject(e) : resolve()))),
      ]),
    );
  const sink: Sink = {
    file: async (name, stats, bytes) => {
      const entry = tar.entry({ ...header(name, stats), size: Number(stats.size) });
      await Promise.race([intoSink(gone), pipeline(bytes, entry)]);
    },
    folder: (name, stats) => plain({ ...header(name, stats), type: "directory" }),
    link: (name, stats, linkname) => plain({ ...header(name, stats), type: "symlink", linkname }),
    finish: async () => tar.finalize(),
  };
  return { sink, stream: tar as unknown as Readable }; // streamx's stream behaves as Node's where it is used here
}

/** In a zip a backslash separates as a slash does: `..\\x` would be unpacked beside the folder that was asked for. */
const withoutBackslash = (name: string): string => name.replaceAll("\\", "%5c");

function zipSink(): { sink: Sink; stream: Readable } {
  const zip = new ZipArchive({ zlib: { level: 1 }, forceZip64: false });
  const gone = goneFrom(zip);
  const added = (add: () => void) =>
    intoSink(
      Promise.race([
        gone,
        new Promise<void>((resolve, reject) => {
          const onEntry = () => finish(resolve);
          const onError = (error: Error) => finish(() => reject(error));
          const finish = (settle: () => void) => {
            zip.off("entry", onEntry);
            zip.off("error", onError);
            settle();
          };
          zip.on("entry", onEntry);
          zip.on("error", onError);
          add();
        }),
      ]),
    );
  const sink: Sink = {
    file: async (name, stats, bytes) => {
      const broken = new Promise<void>((_, reject) => bytes.once("error", reject));
      broken.catch(() => {}); // looked at below, or too late to matter
      await Promise.race([broken, added(() => void zip.append(bytes, commonFields(withoutBackslash(name), stats)))]);
    },
    folder: (name, stats) =>
      added(() => void zip.append("", { ...commonFields(`${withoutBackslash(name)}/`, stats), type: "directory" })),
    link: (name, stats, target) =>
      added(() => void zip.symlink(withoutBackslash(name), target, Number(stats.mode & 0o7777n))),
    finish: () => zip.finalize(),
  };
  return { sink, stream: zip };
}

/** Rejects once the stream is destroyed, so that nothing waits for a reader that went away. */
function goneFrom(stream: {
  once(event: "close" | "error", listener: (error?: Error) => void): unknown;
}): Promise<void> {
  const gone = Promise.withResolvers<void>();
  gone.promise.catch(() => {}); // looked at by whoever waits
  stream.once("error", (error) => gone.reject(error));
  stream.once("close", () => gone.reject(new Error("the reader went away")));
  return gone.promise;
}
