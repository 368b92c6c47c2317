/** What licences give besides amounts; all that are in force count, whatever their hosting. Pure. */

import { readPatch } from "../../protocol/license-patch.ts";
import type { RunQuota } from "../../protocol/quotas.ts";
import type { ReadLicense } from "./license-rules.ts";

type Extras = Pick<RunQuota, "dedicated_disks" | "gpu" | "ext_rw" | "patch" | "pool">;

/** In the order of the licences: of what can be only once, the last one counts. A licence whose patch is none gives the rest of what it has. */
export function extrasOf(licenses: readonly ReadLicense[]): Extras {
  const extras: Extras = { dedicated_disks: [], gpu: false };
  const patch: Record<string, unknown>[] = [];
  for (const license of licenses) {
    if (license.kind === "upgrades") continue;
    const { dedicated_disk: disk, gpu, ext_rw, patch: text, pool } = license.quota;
    if (typeof disk === "object") extras.dedicated_disks.push(disk);
    if (typeof gpu === "object") extras.gpu = gpu;
    if (ext_rw === true) extras.ext_rw = true;
    if (text !== undefined) patch.push(...(readPatch(text).operations ?? []));
    if (pool !== undefined) extras.pool = pool;
  }
  return patch.length === 0 ? extras : { ...extras, patch };
}
