/** Writes over what a file holds so that it is either written or as it was, also where there is no room: never the half of each. */

import type { FileHandle } from "node:fs/promises";

interface Change {
  /** All that the file holds. */
  was: Buffer;
  becomes: Buffer;
}

type Overwritten = Pick<FileHandle, "write" | "truncate" | "sync">;

/**
 * What is longer comes first, as that alone may want room. `whole` is called when it is written, and when it is as it was after an error;
 * where it is never called the file holds some of both. @throws what the system says
 */
export async function overwrite(
  file: Overwritten,
  { was, becomes }: Change,
  whole: () => Promise<void>,
): Promise<void> {
  try {
    await writeAt(file, becomes, was.length);
    await writeAt(file, becomes.subarray(0, was.length), 0);
    await file.truncate(becomes.length);
    await file.sync();
  } catch (error) {
    await file.truncate(was.length); // gives room back first
    await writeAt(file, was, 0);
    await file.sync();
    await whole();
    throw error;
  }
  await whole();
}

/** Writes the bytes from this place on to where they belong. */
async function writeAt(file: Overwritten, bytes: Buffer, from: number): Promise<void> {
  for (let at = from; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, at)).bytesWritten;
}

const COPIED_AT_ONCE = 1024 * 1024;

/**
 * As `overwrite`, with what another file holds, of any size. Where there is no room the file is as it was; where the disk fails later it
 * holds some of both, and the other file has it all. `mixes` is called before that may be. @throws what the system says
 */
export async function overwriteFrom(
  file: Overwritten & Pick<FileHandle, "stat">,
  source: Pick<FileHandle, "read" | "stat">,
  mixes: () => void = () => {},
): Promise<void> {
  const [was, becomes] = [(await file.stat()).size, (await source.stat()).size];
  try {
    await copyRange(file, source, { from: was, to: becomes });
    if (becomes > was) await file.sync(); // some file systems find room only then
  } catch (error) {
    await file.truncate(was);
    throw error;
  }
  mixes();
  await copyRange(file, source, { from: 0, to: Math.min(was, becomes) });
  await file.truncate(becomes);
  await file.sync();
}

async function copyRange(
  file: Overwritten,
  source: Pick<FileHandle, "read">,
  { from, to }: { from: number; to: number },
): Promise<void> {
  const block = Buffer.allocUnsafe(Math.max(0, Math.min(COPIED_AT_ONCE, to - from)));
  for (let at = from; at < to; ) {
    const { bytesRead } = await source.read(block, 0, Math.min(block.length, to - at), at);
    if (bytesRead === 0) throw new Error("what is copied became shorter meanwhile");
    for (let done = 0; done < bytesRead; )
      done += (await file.write(block, done, bytesRead - done, at + done)).bytesWritten;
    at += bytesRead;
  }
}

/** Is each byte the one of before, or the new one? Then nobody but us wrote there. */
export async function isMixture(
  now: Readable,
  { was, becomes }: { was: Readable; becomes: Readable },
): Promise<boolean> {
  const [size, ...others] = await Promise.all([now, was, becomes].map(async (file) => (await file.stat()).size));
  if (size === undefined || size < Math.min(...others) || size > Math.max(...others)) return false;
  for (let at = 0; at < size; at += COPIED_AT_ONCE) {
    const [is = NOTHING, old = NOTHING, own = NOTHING] = await Promise.all(
      [now, was, becomes].map((file) => blockAt(file, at)),
    );
    if (is.equals(old) || is.equals(own)) continue;
    if (!is.every((byte, index) => byte === old[index] || byte === own[index])) return false;
  }
  return true;
}

type Readable = Pick<FileHandle, "read" | "stat">;
const NOTHING = Buffer.alloc(0);

async function blockAt(file: Readable, at: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(COPIED_AT_ONCE);
  let length = 0;
  for (let bytesRead = 1; bytesRead > 0 && length < block.length; length += bytesRead)
    ({ bytesRead } = await file.read(block, length, block.length - length, at + length));
  return block.subarray(0, length);
}
