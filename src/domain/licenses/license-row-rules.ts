/** A licence as its row has it, and whether it is in force at a moment. Pure. */

import type { ProjectLicense } from "../../protocol/licenses.ts";

/** Of table `site_licenses`, as PostgreSQL writes it into JSON. An administrator may have written it with SQL, so what is in it may be rubbish. */
export interface LicenseRow {
  id: string;
  title: string | null;
  quota: unknown;
  upgrades: unknown;
  /** UTC, also without a zone: as `jsonb_agg` writes a timestamp. NULL: never. */
  activates: string | null;
  /** As above. NULL: for ever. */
  expires: string | null;
  /** How many projects may have it at the same time; NULL: all. */
  run_limit: number | null;
}

/** Milliseconds since the epoch of a timestamp in JSON, which PostgreSQL writes without the zone that it is in; NaN for what is none. */
export function momentOf(text: string): number {
  if (/^-?infinity$/.test(text)) return text.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const hasZone = /(Z|[+-]\d\d:?\d\d)$/.test(text.slice(10)); // after the date, which has hyphens too
  return Date.parse(hasZone ? text : `${text.replace(" ", "T")}Z`);
}

/** Why a licence is not in force at this moment; undefined: it is. What cannot be read as a moment has not begun, or is over. */
export function notInForce(
  { activates, expires }: Pick<LicenseRow, "activates" | "expires">,
  nowMs: number,
): (ProjectLicense & { status: "expired" | "future"; reason: string }) | undefined {
  if (expires !== null && !(momentOf(expires) > nowMs)) {
    return { status: "expired", reason: `The licence ended on ${day(expires)}.` };
  }
  if (activates === null) return { status: "future", reason: "The licence has not been put into force." };
  if (!(momentOf(activates) <= nowMs)) {
    return { status: "future", reason: `The licence begins on ${day(activates)}.` };
  }
  return undefined;
}

function day(text: string): string {
  const ms = momentOf(text);
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, 16).replace("T", " at ")} UTC` : `"${text}"`;
}
