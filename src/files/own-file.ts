/**
 * Files that the server keeps for itself in a home. Its people can put anything in their place: a pipe that nobody writes into would keep a
 * thread waiting for ever, a link would lead elsewhere, and a file without end would take all memory.
 */

import { constants as flags } from "node:fs";
import { type FileHandle, rename, rm } from "node:fs/promises";
import { openBytes } from "./open-bytes.ts";

/** More than any note of ours. */
const NOTE_BYTES = 64 * 1024;

/** Opens a file for reading. @throws Error: it is not there, or is no file. */
export async function openOwnFile(path: string | Buffer): Promise<FileHandle> {
  const handle = await openBytes(path, flags.O_RDONLY | flags.O_NOFOLLOW | flags.O_NONBLOCK);
  try {
    if ((await handle.stat()).isFile()) return handle;
    throw new Error(`${path} is no file`);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** @throws Error: it is not there, is no file, or is longer. */
export async function readOwnFile(path: string | Buffer, mostBytes = NOTE_BYTES): Promise<Buffer> {
  const handle = await openOwnFile(path);
  try {
    if ((await handle.stat()).size > mostBytes) throw new Error(`${path} is longer than ${mostBytes} bytes`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Makes a file and opens it for writing, in the place of whatever has its name. */
export async function createOwnFile(path: string | Buffer): Promise<FileHandle> {
  await rm(path, { force: true });
  return openBytes(path, flags.O_WRONLY | flags.O_CREAT | flags.O_EXCL, 0o600);
}

/** Writes a file whole or not at all: a crash leaves the one before. */
export async function replaceOwnFile(path: string | Buffer, text: string): Promise<void> {
  const temporary = Buffer.concat([Buffer.from(path as string), Buffer.from(".new")]);
  const handle = await createOwnFile(temporary);
  await handle.writeFile(text).finally(() => handle.close());
  await rename(temporary, path);
}
