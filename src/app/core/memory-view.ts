/** That memory ran out, in the user's words. Pure. */

import { memoryWords } from "../../domain/quotas/memory-words-rules.ts";
import type { OutOfMemory } from "../../protocol/project-status.ts";
import { visibleName } from "./names.ts";

/** What happened, in one or two sentences. */
export function outOfMemoryWords({ process, used, limit, whole }: Omit<OutOfMemory, "time">): string {
  const name = process === null || process === "" ? undefined : `“${visibleName(process)}”`;
  const most = limit === null ? "" : ` All programs of the project together may use ${memoryWords(limit)}.`;
  const size = used === null ? "" : `, which used ${memoryWords(used)}`;
  if (!whole) return `${name ?? "A program"}${size}${size === "" ? "" : ","} was ended.${most}`;
  const largest =
    name === undefined ? "" : ` The largest program was ${name}${used === null ? "" : ` (${memoryWords(used)})`}.`;
  return `Everything in the project was ended.${largest}${most}`;
}
