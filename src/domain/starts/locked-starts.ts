/** The order in which starts are locked. */

/**
 * SQL of a table `locked (ticket)` for a WITH: the starts of these tickets, locked in their order. Whoever writes several begins so, or two
 * who write the same ones at once would wait for each other.
 */
export function lockedStarts(tickets: string): string {
  return `locked AS MATERIALIZED (SELECT ticket FROM project_starts WHERE ticket IN (${tickets}) ORDER BY ticket FOR NO KEY UPDATE)`;
}
