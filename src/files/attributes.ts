/** All that a file has beside its bytes, given to the one that will take its place: owner, group, mode, access list, extended attributes. */

import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";

interface Made {
  handle: FileHandle;
  path: Buffer;
}

interface Like {
  path: Buffer;
  stats: BigIntStats;
}

/** Set by the system by rules of its own, or lost with any writing. */
const OF_THE_SYSTEM = "security.";

/** Says whether the made file has them all then; where it has not, or that cannot be told, it would be another file. */
export async function giveAttributes(made: Made, like: Like): Promise<boolean> {
  const { uid, gid, mode } = like.stats;
  try {
    const now = await made.handle.stat({ bigint: true });
    if (now.uid !== uid || now.gid !== gid) await made.handle.chown(Number(uid), Number(gid));
    const given = await giveExtended(made.path, like.path);
    const isAsWanted = (stats: BigIntStats) => stats.uid === uid && stats.gid === gid && stats.mode === mode;
    const then = await made.handle.stat({ bigint: true });
    if (isAsWanted(then)) return given;
    await made.handle.chmod(Number(mode & 0o7777n)); // last: a change of owner, or an access list, changes the mode too
    return given && isAsWanted(await made.handle.stat({ bigint: true }));
  } catch {
    return false; // whatever the system refuses, it is not given
  }
}

/** Node knows no call for these. Access lists of POSIX and of NFS are among them. */
async function giveExtended(made: Buffer, like: Buffer): Promise<boolean> {
  if (![made, like].every((path) => Buffer.from(path.toString()).equals(path))) return false; // the library takes UTF-8 alone
  const { listAttributes, getAttribute, setAttribute, removeAttribute } = await import("@napi-rs/xattr");
  const attributesOf = async (path: string) => {
    const names = (await listAttributes(path)).filter((name) => !name.startsWith(OF_THE_SYSTEM));
    return new Map(await Promise.all(names.map(async (name) => [name, await getAttribute(path, name)] as const)));
  };
  const [from, to] = [like.toString(), made.toString()];
  const [wanted, there] = await Promise.all([attributesOf(from), attributesOf(to)]);
  for (const name of there.keys()) if (!wanted.has(name)) await removeAttribute(to, name);
  for (const [name, value] of wanted) {
    if (value === null) return false; // it was taken away this instant
    if (there.get(name)?.equals(value) !== true) await setAttribute(to, name, value);
  }
  return true;
}
