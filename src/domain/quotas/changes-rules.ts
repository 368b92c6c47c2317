/** What differs between two quotas: what is gained, what is lost, and what a project gets without being started again. In words: words-rules.ts. Pure. */

import type { RunQuota } from "../../protocol/quotas.ts";

export type QuotaField = keyof RunQuota;

export interface QuotaChange {
  field: QuotaField;
  /** undefined: there was none. */
  before: RunQuota[QuotaField];
  after: RunQuota[QuotaField];
  /** Can a project that runs get it where it runs? Else a restart brings it. */
  inPlace: boolean;
  /** Is it less than before? */
  lower: boolean;
}

/** How a running project comes to another value: Kubernetes resizes its pod, a start makes it another pod, or it is only written down, since nothing in the pod heeds it. */
const COMES_BY: Readonly<Record<QuotaField, "resizing" | "starting" | "writing">> = {
  memory_limit: "resizing",
  memory_request: "resizing",
  cpu_limit: "resizing",
  cpu_request: "resizing",
  disk_quota: "writing",
  idle_timeout: "writing",
  always_running: "writing",
  member_host: "writing",
  privileged: "writing",
  dedicated_vm: "writing",
  dedicated_disks: "writing",
  network: "starting",
  gpu: "starting",
  ext_rw: "starting",
  patch: "starting",
  pool: "starting",
};

const FIELDS = Object.keys(COMES_BY) as QuotaField[]; // the keys of the table above

/** The fields that differ, amounts first. */
export function quotaChanges(before: RunQuota, after: RunQuota): QuotaChange[] {
  return FIELDS.filter((field) => !isSame(before[field], after[field])).map((field) => ({
    field,
    before: before[field],
    after: after[field],
    inPlace: COMES_BY[field] !== "starting",
    lower: sizeOf(after[field]) < sizeOf(before[field]),
  }));
}

/** As JSON has them, in which the order of an object's keys says nothing. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, sorted) === JSON.stringify(other, sorted);
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** How much it is; what only names something is as much as anything else. */
function sizeOf(value: RunQuota[QuotaField]): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean" || value === undefined) return value ? 1 : 0;
  if (Array.isArray(value)) return value.length;
  return typeof value === "object" && typeof value.num === "number" ? value.num : 1;
}
