/** The text that changes lead to, in the plainest way there is: what their makers are held to. */

import type { Change } from "../../src/text/text-changes.ts";

export function applyChanges(text: string, changes: readonly Change[]): string {
  let result = "";
  let from = 0;
  for (const { at, remove, insert } of changes) {
    result += text.slice(from, at) + insert;
    from = at + remove;
  }
  return result + text.slice(from);
}
