/** What differs between two quotas: what is gained, what is lost, and what a project gets without being started again. Pure. */

import type { RunQuota } from "../../protocol/quotas.ts";

export type QuotaField = keyof RunQuota;

export interface QuotaChange<Field extends QuotaField = QuotaField> {
  field: Field;
  /** undefined: there was none. */
  before: RunQuota[Field];
  after: RunQuota[Field];
  /** Can a project that runs get it where it runs? Else a restart brings it. */
  inPlace: boolean;
  /** Is it less than before? */
  lower: boolean;
}

/** Whether each can be changed while a project runs: amounts by Kubernetes, and what is only our own to look at. */
const IN_PLACE: Readonly<Record<QuotaField, boolean>> = {
  memory_limit: true,
  memory_request: true,
  cpu_limit: true,
  cpu_request: true,
  disk_quota: true,
  idle_timeout: true,
  always_running: true,
  member_host: true,
  privileged: true,
  network: false,
  dedicated_vm: false,
  dedicated_disks: false,
  gpu: false,
  ext_rw: false,
  patch: false,
  pool: false,
};

const FIELDS = Object.keys(IN_PLACE) as QuotaField[]; // the keys of the table above

/** The fields that differ, amounts first. */
export function quotaChanges(before: RunQuota, after: RunQuota): QuotaChange[] {
  return FIELDS.filter((field) => !isSame(before[field], after[field])).map((field) => ({
    field,
    before: before[field],
    after: after[field],
    inPlace: IN_PLACE[field],
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
