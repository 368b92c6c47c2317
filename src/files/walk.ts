/** Walks to a folder or file inside one place, so that neither "..", nor a link, nor a link put there meanwhile leads out of it. */

import { existsSync, constants as flags } from "node:fs";
import { type FileHandle, lstat, mkdir, readlink, realpath } from "node:fs/promises";
import { type AppError, codeOf, forbidden, invalid } from "../core/errors.ts";
import { telling } from "./file-errors.ts";
import { openBytes } from "./open-bytes.ts";
import { below, DOT, DOT_DOT, type PlacePath, type Places, pathToWire, splitBytes, titleOf, toWire } from "./places.ts";

/**
 * Linux: each folder on the way is held open, and what is in it is named through /proc/self/fd/N, which is what openat does: nobody can
 * put a link in our way between looking and acting. Elsewhere the real path is used, without that protection.
 */
const HOLDS_FOLDERS = existsSync("/proc/self/fd");
/** Opens a folder that may be entered but not listed. Linux only; Node has no name for it. */
const O_PATH = 0o10000000;
const MAX_LINKS = 40;

/** A folder that is held; `path` is valid until it is closed. */
export class Folder {
  readonly path: Buffer;
  readonly #handle: FileHandle | undefined;

  constructor(path: Buffer, handle?: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** The path of something in this folder. */
  at(name: Buffer): Buffer {
    return Buffer.concat([this.path, Buffer.from("/"), name]);
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  /** Opens a folder in this one. @throws ENOTDIR or ELOOP for a link. */
  enter(name: Buffer): Promise<Folder> {
    return openFolder(this.at(name), flags.O_NOFOLLOW);
  }
}

async function openFolder(path: Buffer, extra = 0): Promise<Folder> {
  if (HOLDS_FOLDERS) {
    const handle = await openBytes(path, O_PATH | flags.O_DIRECTORY | extra);
    return new Folder(Buffer.from(`/proc/self/fd/${handle.fd}`), handle);
  }
  if (extra === 0) return new Folder(await realpath(path, "buffer"));
  const stat = await lstat(path);
  if (!stat.isDirectory()) throw Object.assign(new Error("not a folder"), { code: "ENOTDIR" });
  return new Folder(path);
}

/** Where a path ends: a name in a folder (which may not exist), or, without a name, the folder itself. */
export interface Spot {
  folder: Folder;
  name: Buffer | undefined;
}

type Last =
  /** A link at the end is followed, and the end is entered: it has to be a folder. */
  | "enter"
  /** A link at the end is followed; what it points to may be anything or missing. */
  | "follow"
  /** A link at the end is the thing meant. */
  | "keep";

interface WalkOptions {
  last: Last;
  /** Makes the folders on the way that are missing. */
  make?: boolean;
}

/** Walks and calls `use` while the folder is held. Errors of the file system are told about the path. */
export function walk<T>(
  places: Places,
  path: PlacePath,
  { last, make = false, use }: WalkOptions & { use: (spot: Spot) => Promise<T> },
): Promise<T> {
  return telling(pathToWire(path), async () => {
    const way = new Way(places, path, make);
    try {
      return await use(await way.walk(last));
    } finally {
      await way.close();
    }
  });
}

/** Calls `use` with the folder of this path. */
export function inFolder<T>(places: Places, path: PlacePath, use: (folder: Folder) => Promise<T>): Promise<T> {
  return walk(places, path, { last: "enter", use: ({ folder }) => use(folder) });
}

/** Calls `use` with the folder that holds this path's last name; a link of that name is not followed. */
export function inParent<T>(
  places: Places,
  path: PlacePath,
  use: (folder: Folder, name: Buffer) => Promise<T>,
): Promise<T> {
  return walk(places, path, {
    last: "keep",
    use: ({ folder, name }) => {
      if (name === undefined) throw invalid(`This cannot be done with ${titleOf(path.place)} itself.`);
      return use(folder, name);
    },
  });
}

/** One walk: the folders held so far, and the names still to go. */
class Way {
  readonly #places: Places;
  readonly #path: PlacePath;
  readonly #make: boolean;
  readonly #held: Folder[] = [];
  #links = 0;

  constructor(places: Places, path: PlacePath, make: boolean) {
    this.#places = places;
    this.#path = path;
    this.#make = make;
  }

  async walk(last: Last): Promise<Spot> {
    this.#held.push(await openFolder(Buffer.from(this.#places[this.#path.place])));
    let todo = [...this.#path.names];
    for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
      if (name.equals(DOT)) continue;
      if (name.equals(DOT_DOT)) await this.#leave();
      else if (todo.length === 0 && last === "keep") return { folder: this.#here, name };
      else {
        const target = await this.#step(name, todo.length === 0 && last === "follow");
        if (target === "end") return { folder: this.#here, name };
        if (target !== undefined) todo = [...(await this.#namesOfLink(name, target)), ...todo];
      }
    }
    return { folder: this.#here, name: undefined };
  }

  async close(): Promise<void> {
    await Promise.all(this.#held.splice(0).map((folder) => folder.close()));
  }

  get #here(): Folder {
    const here = this.#held.at(-1);
    if (here === undefined) throw new Error("a walk holds at least its place");
    return here;
  }

  /** Enters a folder; or gives the target of a link; or "end" when this is the end and is no link. */
  async #step(name: Buffer, isEnd: boolean): Promise<Buffer | "end" | undefined> {
    const path = this.#here.at(name);
    if (isEnd) return (await targetOf(path)) ?? "end";
    for (let tries = 10; ; tries--) {
      try {
        this.#held.push(await this.#here.enter(name));
        return undefined;
      } catch (error) {
        if (codeOf(error) === "ENOENT" && this.#make) return this.#makeAndEnter(name);
        const target = await targetOf(path);
        if (target !== undefined) return target;
        // it was a link a moment ago and is a folder now: somebody is working here
        const isFile = (await lstat(path).catch(() => undefined))?.isFile() ?? true;
        if (tries === 1 || isFile || codeOf(error) === "EACCES") throw error;
      }
    }
  }

  async #makeAndEnter(name: Buffer): Promise<undefined> {
    await mkdir(this.#here.at(name)).catch((error) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
    this.#held.push(await this.#here.enter(name));
  }

  async #leave(): Promise<void> {
    if (this.#held.length === 1) throw this.#outside();
    await this.#held.pop()?.close();
  }

  /** The names that a link stands for, after going back to the place if it is absolute. */
  async #namesOfLink(name: Buffer, target: Buffer): Promise<Buffer[]> {
    if (++this.#links > MAX_LINKS) throw Object.assign(new Error("too many links"), { code: "ELOOP" });
    if (target[0] !== 0x2f) return splitBytes(target);
    const place = this.#places[this.#path.place];
    const rest = below(Buffer.from(place), target) ?? below(await realpath(place, "buffer"), target);
    if (rest === undefined) throw this.#outside(name, target);
    while (this.#held.length > 1) await this.#leave();
    return splitBytes(rest);
  }

  #outside(name?: Buffer, target?: Buffer): AppError {
    const what = name && target ? `${toWire(name)} is a link to ${toWire(target)}, which is` : "This path leads";
    return forbidden(`${pathToWire(this.#path)}: ${what} outside of ${titleOf(this.#path.place)}.`);
  }
}

/** The target of a link; undefined for anything else and for nothing. */
async function targetOf(path: Buffer): Promise<Buffer | undefined> {
  try {
    return await readlink(path, "buffer");
  } catch (error) {
    const errno = codeOf(error);
    if (errno === "EINVAL" || errno === "ENOENT") return undefined;
    throw error;
  }
}
