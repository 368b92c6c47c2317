/** Temporary files that a server left behind when it was killed: each is noted while it is made, so that the next start finds it without a search. */

import { lstat, readdir, rename, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sleep } from "../core/clock.ts";
import { isAppError } from "../core/errors.ts";
import { readOwnFile } from "./own-file.ts";
import { makeOwnFolder, ownFolder } from "./own-folder.ts";
import { type PlacePath, type Places, parsePath, pathToWire } from "./places.ts";
import { statsOf } from "./replace.ts";
import { deleteTree } from "./tree.ts";
import { type Folder, type Spot, walk } from "./walk.ts";

/** Whoever makes a file touches its note so often; an untouched one is of a dead server, on whatever machine that ran. */
const TOUCH_EVERY_MS = 60_000;
const DEAD_AFTER_MS = 5 * TOUCH_EVERY_MS;
/** Notes looked at in one go. */
const MAX_NOTES = 1_000;
/** Nothing of another name is ever removed. */
const OURS = /^\.cocalc-(?:upload|copy)-[0-9a-f]{16}$/;

const ASIDE = ".cocalc-aside-";

const note = z.object({
  /** The path that was being written: the temporary file stands beside it. */
  path: z.string(),
  /** Is a link at its end followed? */
  last: z.enum(["follow", "keep"]),
});

const NOTES = "temporary";
const notesOf = (places: Places) => ownFolder(places, NOTES);

/** Notes a temporary file beside `path`, runs the act that makes it and puts it in place, and forgets it. */
export async function noted<T>(
  places: Places,
  { name, path, last }: { name: Buffer; path: PlacePath; last: "follow" | "keep" },
  act: () => Promise<T>,
): Promise<T> {
  const file = join(notesOf(places), name.toString());
  const text = JSON.stringify({ path: pathToWire(path), last } satisfies z.infer<typeof note>);
  try {
    await makeOwnFolder(places, NOTES);
    await writeFile(file, text);
  } catch {
    return act(); // a home that is full or strange: what a crash leaves there stays
  }
  const touch = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), TOUCH_EVERY_MS);
  try {
    return await act();
  } finally {
    clearInterval(touch);
    await unlink(file).catch(() => {}); // looked at again at the next start
  }
}

/** Where something stands while the copy of this name takes its place. */
export function asideOf(temporary: Buffer): Buffer {
  return Buffer.from(temporary.toString().replace(/^\.cocalc-(?:upload|copy)-/, ASIDE));
}

/**
 * Ends what a server left unfinished that was writing `name` by way of `temporary`. While the temporary one is there, it was not put in
 * place: what it was to replace comes back. That goes first, since an aside without its copy is one that was replaced, and is deleted.
 */
export async function settle(
  folder: Folder,
  { temporary, name }: { temporary: Buffer; name: Buffer | undefined },
): Promise<void> {
  const aside = asideOf(temporary);
  const [isUnfinished, isAside] = await Promise.all([temporary, aside].map((one) => isThere(folder, one)));
  if (isAside && isUnfinished && name !== undefined) await putBack(folder, aside, name);
  else if (isAside) await deleteTree(folder, aside);
  if (isUnfinished) await deleteTree(folder, temporary);
}

/** Under its own name; or, where somebody made another thing of that name since, under one that shows whose it was. */
async function putBack(folder: Folder, aside: Buffer, name: Buffer): Promise<void> {
  const isTaken = await isThere(folder, name);
  const suffix = aside.toString().replace(ASIDE, ".replaced-");
  await rename(folder.at(aside), folder.at(isTaken ? Buffer.concat([name, Buffer.from(suffix)]) : name));
}

async function isThere(folder: Folder, name: Buffer): Promise<boolean> {
  return (await statsOf(folder, name)) !== undefined;
}

/** Removes what dead servers left; what may be of one that died just now is looked at again a little later. */
export async function removeLeftovers(places: Places, signal: AbortSignal): Promise<void> {
  if (!(await sweep(places))) return;
  await sleep(DEAD_AFTER_MS + TOUCH_EVERY_MS, signal);
  if (!signal.aborted) await sweep(places);
}

/** Says whether there are notes that are too young to be judged. */
async function sweep(places: Places): Promise<boolean> {
  const names = await readdir(notesOf(places)).catch(() => []); // usually there is no such folder
  let isAnyYoung = false;
  for (const name of names.filter((one) => OURS.test(one)).slice(0, MAX_NOTES)) {
    const file = join(notesOf(places), name);
    const touched = await lstat(file).catch(() => undefined); // finished meanwhile
    if (touched === undefined) continue;
    if (Date.now() - touched.mtimeMs < DEAD_AFTER_MS) isAnyYoung = true;
    else if (await remove(places, file, name)) await unlink(file).catch(() => {});
  }
  return isAnyYoung;
}

/** Says whether it is gone. */
async function remove(places: Places, file: string, name: string): Promise<boolean> {
  try {
    const { path, last } = note.parse(JSON.parse((await readOwnFile(file)).toString()));
    const use = ({ folder, name: target }: Spot) => settle(folder, { temporary: Buffer.from(name), name: target });
    await walk(places, parsePath(places, path), { last, use });
    return true;
  } catch (error) {
    return isAppError(error, "not_found") || isAppError(error, "forbidden") || !isAppError(error); // nothing, not ours, or no note
  }
}
