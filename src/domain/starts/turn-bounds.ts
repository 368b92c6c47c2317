/** How many of all turns one party may have, and until when a start has its turn. What gives turns and what foretells them go by the same. */

/** Of all turns: so some are free for others, at once and at any time, while a class that has the site for itself is hardly slower. */
const SHARE = 0.75;

/** How many of so many turns one owner, or the starts on one licence, may have. */
export function mostOfOneParty(limit: number): number {
  return Math.max(1, Math.floor(limit * SHARE));
}

/** A start whose container has run for so long has no turn any more, ready or not: it gives its node nothing more to fetch or to make. */
export const RUNNING_MS = 20_000;
