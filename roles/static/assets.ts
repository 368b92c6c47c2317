/** The built assets, read once at start: each with its compressed forms, type and tag. They never change while a process lives. */

import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { contentType } from "mime-types";

export type Encoding = "br" | "gzip" | "identity";

export interface Asset {
  type: string;
  etag: string;
  /** The bytes by encoding; identity is always there. */
  bodies: ReadonlyMap<Encoding, Buffer>;
}

const SUFFIX: Record<Exclude<Encoding, "identity">, string> = { br: ".br", gzip: ".gz" };

/** Reads a folder of hashed assets. */
export async function readAssets(folder: string): Promise<ReadonlyMap<string, Asset>> {
  const names = new Set(await readdir(folder));
  const plain = [...names].filter((name) => !/\.(br|gz)$/.test(name));
  const assets = await Promise.all(plain.map(async (name) => [name, await readAsset(folder, name, names)] as const));
  return new Map(assets);
}

async function readAsset(folder: string, name: string, names: ReadonlySet<string>): Promise<Asset> {
  const content = await readFile(join(folder, name));
  const bodies = new Map<Encoding, Buffer>([["identity", content]]);
  for (const encoding of ["br", "gzip"] as const) {
    const compressed = `${name}${SUFFIX[encoding]}`;
    if (names.has(compressed)) bodies.set(encoding, await readFile(join(folder, compressed)));
  }
  const etag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
  return { type: contentType(name) || "application/octet-stream", etag, bodies };
}

/** The best encoding that a client takes and that is there. */
export function chooseEncoding(acceptEncoding: string | undefined, asset: Asset): Encoding {
  const accepted = new Map(
    (acceptEncoding ?? "").split(",").map((part) => {
      const [name = "", ...parameters] = part.trim().toLowerCase().split(";");
      const quality = parameters.map((parameter) => /^\s*q=([\d.]+)/.exec(parameter)?.[1]).find(Boolean);
      return [name.trim(), Number(quality ?? 1)] as const;
    }),
  );
  const takes = (encoding: Encoding) => (accepted.get(encoding) ?? accepted.get("*") ?? 0) > 0;
  for (const encoding of ["br", "gzip"] as const) if (asset.bodies.has(encoding) && takes(encoding)) return encoding;
  return "identity";
}
