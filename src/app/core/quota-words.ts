/** The fields of a quota and their values in the user's words. Pure. */

import type { QuotaField } from "../../domain/quotas/changes-rules.ts";
import { megabyteWords } from "../../domain/quotas/memory-words-rules.ts";
import { formatDuration } from "./format.ts";

/** In the order in which they are shown. */
export const QUOTA_FIELDS: Record<QuotaField, string> = {
  memory_limit: "Memory",
  memory_request: "Memory set aside",
  cpu_limit: "Processor",
  cpu_request: "Processor set aside",
  disk_quota: "Disk",
  idle_timeout: "Stops when nobody works in it for",
  always_running: "Kept running",
  network: "Internet",
  member_host: "Machines for members",
  gpu: "Graphics processor",
  pool: "Pool of machines",
  ext_rw: "May write the shared software",
  dedicated_vm: "A machine of its own",
  dedicated_disks: "Disks of its own",
  patch: "Changes of its pod",
  privileged: "Privileged",
};

/** "2 cores", "0.5 cores". */
export function coresWords(cores: number): string {
  const rounded = Math.round(cores * 100) / 100;
  return `${rounded.toLocaleString("en")} ${rounded === 1 ? "core" : "cores"}`;
}

/** The value of a field, as `runQuota` gives it; what is absent or false is "no" or "none". */
export function quotaWords(field: QuotaField, value: unknown): string {
  if (typeof value === "number") {
    if (field === "cpu_limit" || field === "cpu_request") return coresWords(value);
    if (field === "idle_timeout") return formatDuration(value * 1_000);
    return megabyteWords(value);
  }
  if (typeof value === "boolean" || value === undefined || value === null) return value === true ? "yes" : "no";
  if (Array.isArray(value)) return value.length === 0 ? "none" : String(value.length);
  return typeof value === "object" ? nameOf(value) : String(value);
}

/** Of a machine its kind, of graphics processors how many. */
function nameOf(value: object): string {
  if ("num" in value) return String(value.num);
  if ("machine" in value) return String(value.machine);
  return "yes";
}
