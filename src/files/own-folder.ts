/** The server's own folder in a home, with one below it for each kind of thing that it has to find again. */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Places } from "./places.ts";

export const OWN = ".cocalc";

export function ownFolder({ home }: Pick<Places, "home">, name: string): string {
  return join(home, OWN, name);
}

/** Makes it where it can; whoever writes into it is told what is wrong. */
export async function makeOwnFolder(places: Pick<Places, "home">, name: string): Promise<void> {
  // not `recursive`, which never comes to an end in a home such as /proc
  for (const folder of [join(places.home, OWN), ownFolder(places, name)]) await mkdir(folder, 0o700).catch(() => {});
}
