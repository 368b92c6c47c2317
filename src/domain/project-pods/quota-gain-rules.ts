/** What a project gets that has one quota and then another, in words. Pure. */

import type { RunQuota } from "../../protocol/quotas.ts";
import { type QuotaField, quotaChanges } from "../quotas/changes-rules.ts";
import { megabyteWords } from "../quotas/memory-words-rules.ts";

/** What a project that has `before` gets with `after`: "4 GB of memory, 2 processor cores, access to the internet". */
export function gainInWords(before: RunQuota, after: RunQuota): string {
  const words = quotaChanges(before, after).map(({ field }) => WORDS[field](after));
  return [...new Set(words)].join(", ");
}

const WORDS: Record<QuotaField, (quota: RunQuota) => string> = {
  memory_limit: ({ memory_limit }) => `${megabyteWords(memory_limit)} of memory`,
  memory_request: ({ memory_request }) => `${megabyteWords(memory_request)} of memory set aside for it`,
  cpu_limit: ({ cpu_limit }) => (cpu_limit === 1 ? "1 processor core" : `${rounded(cpu_limit)} processor cores`),
  cpu_request: ({ cpu_request }) => `${rounded(cpu_request)} processor cores set aside for it`,
  disk_quota: ({ disk_quota }) => `${megabyteWords(disk_quota)} of disk space`,
  idle_timeout: ({ idle_timeout }) => `a stop after ${Math.round(idle_timeout / 60)} minutes without use`,
  always_running: ({ always_running }) => (always_running ? "running always" : "stopping when it is not used"),
  member_host: ({ member_host }) => (member_host ? "a better machine" : "an ordinary machine"),
  privileged: ({ privileged }) => (privileged ? "special privileges" : "no special privileges"),
  network: ({ network }) => (network ? "access to the internet" : "no access to the internet"),
  dedicated_vm: ({ dedicated_vm }) => (dedicated_vm === false ? "no machine of its own" : "a machine of its own"),
  dedicated_disks: ({ dedicated_disks }) => (dedicated_disks.length === 0 ? "no disks of its own" : "disks of its own"),
  gpu: ({ gpu }) => (gpu === false ? "no graphics processor" : "a graphics processor"),
  ext_rw: ({ ext_rw }) => (ext_rw === true ? "shared software that it may change" : "shared software to read only"),
  patch: () => "other settings of its pod",
  pool: ({ pool }) => (pool === undefined ? "a machine like any other project's" : `a machine of the pool ${pool}`),
};

function rounded(number: number): string {
  return String(Math.round(number * 100) / 100);
}
