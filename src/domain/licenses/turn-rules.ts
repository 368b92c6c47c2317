/** As whose turn a start counts besides its owner's. Pure. */

import type { ProjectLicense } from "../../protocol/licenses.ts";
import { readLicense } from "../quotas/license-rules.ts";

/** The active licence that gives the most memory, then cores, then the first by id; boosts and disks are beside others. null: none. */
export function turnLicense(values: Readonly<Record<string, ProjectLicense>>): string | null {
  const sized = Object.entries(values).flatMap(([id, value]) => {
    const size = value.status === "active" ? sizeOf(id, value) : undefined;
    return size === undefined ? [] : [{ id, ...size }];
  });
  sized.sort((a, b) => b.memory - a.memory || b.cores - a.cores || (a.id < b.id ? -1 : 1));
  return sized[0]?.id ?? null;
}

function sizeOf(id: string, { status: _status, reason: _reason, quota, ...upgrades }: ProjectLicense) {
  const license = readLicense({ id, quota, upgrades });
  if (license === undefined || license.kind === "boost" || license.kind === "disk") return undefined;
  const { memory_limit = 0, cpu_limit = 0 } = license.kind === "machine" ? license.machine.amounts : license.numbers;
  return { memory: memory_limit, cores: cpu_limit };
}
