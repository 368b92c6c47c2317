/** Copies packages of node_modules with all they depend on, for a bundle that runs without an installation. */

import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "./source-files.ts";

export interface PackageCopy {
  /** The folder whose node_modules is copied from. */
  root: string;
  names: readonly string[];
  to: string;
}

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** Copies `names` and what they need; optional and peer dependencies only where they are installed. Returns the names copied. */
export async function copyPackages({ root, names, to }: PackageCopy): Promise<string[]> {
  const wanted = [...names];
  const copied = new Set<string>();
  for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
    const from = join(root, "node_modules", name);
    if (copied.has(name) || !(await exists(from))) {
      continue;
    }
    copied.add(name);
    await cp(from, join(to, name), { recursive: true, dereference: true });
    const manifest = JSON.parse(await readFile(join(from, "package.json"), "utf8")) as Manifest; // npm made it
    wanted.push(
      ...Object.keys({ ...manifest.peerDependencies, ...manifest.optionalDependencies, ...manifest.dependencies }),
    );
  }
  for (const name of names) {
    if (!copied.has(name))
      throw new Error(`${name} is to be copied beside the bundle and is not installed; run npm ci.`);
  }
  return [...copied].sort();
}
