/** Spans of equal weight, for tests of durations. */

import type { Span } from "../../src/domain/starts/durations.ts";

export function spans(all: readonly number[], { isOver = true } = {}): Span[] {
  return all.map((ms) => ({ ms, weight: 1, isOver }));
}
