/** Merges two changes of one text, for documents that were begun anew while somebody typed offline. Pure. */

import diff from "fast-diff";

/** At a place in the base text, so many units are removed and a text is put in. */
export interface Edit {
  at: number;
  removed: number;
  inserted: string;
}

/** The edits that lead from `base` to `changed`, in order, not touching one another. */
export function editsBetween(base: string, changed: string): Edit[] {
  const edits: Edit[] = [];
  let at = 0;
  let open: Edit | undefined;
  for (const [kind, text] of diff(base, changed)) {
    if (kind === diff.EQUAL) {
      open = undefined;
      at += text.length;
      continue;
    }
    if (open === undefined) {
      open = { at, removed: 0, inserted: "" };
      edits.push(open);
    }
    if (kind === diff.DELETE) {
      open.removed += text.length;
      at += text.length;
    } else open.inserted += text;
  }
  return edits.map((edit, index) => slideLeft(edit, base, endOf(edits[index - 1])));
}

const endOf = (edit: Edit | undefined): number => (edit === undefined ? 0 : edit.at + edit.removed);

/** One insertion or removal can often stand at several places with the same outcome; the leftmost is chosen, so that like edits look alike. */
function slideLeft(edit: Edit, base: string, least: number): Edit {
  let { at, inserted } = edit;
  const { removed } = edit;
  if (removed > 0 && inserted !== "") return edit;
  if (removed > 0) {
    while (at > least && base[at - 1] === base[at + removed - 1]) at -= 1;
    return { at, removed, inserted };
  }
  while (at > least && base[at - 1] === inserted.at(-1)) {
    inserted = base[at - 1] + inserted.slice(0, -1);
    at -= 1;
  }
  return { at, removed, inserted };
}

/**
 * The edits that bring `mine` (a change of `base`) into `theirs` (another change of it): places in `theirs`, in order. What both did alike is
 * done once; what they removed is removed once; both insertions at one place stay, theirs first.
 */
export function rebaseEdits(base: string, mine: string, theirs: string): Edit[] {
  if (mine === base || mine === theirs) return [];
  const theirEdits = editsBetween(base, theirs);
  const rebased: Edit[] = [];
  for (const edit of editsBetween(base, mine)) {
    if (theirEdits.some((other) => sameEdit(other, edit))) continue;
    for (const kept of keptRanges(edit, theirEdits)) {
      const at = placeIn(kept.from, theirEdits, true);
      if (kept.to > kept.from) rebased.push({ at, removed: kept.to - kept.from, inserted: "" });
    }
    if (edit.inserted !== "")
      rebased.push({ at: placeIn(edit.at, theirEdits, false), removed: 0, inserted: edit.inserted });
  }
  return joinAtSamePlace(rebased);
}

/** Applies edits with ascending places. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let result = "";
  let from = 0;
  for (const { at, removed, inserted } of edits) {
    result += text.slice(from, at) + inserted;
    from = at + removed;
  }
  return result + text.slice(from);
}

const sameEdit = (a: Edit, b: Edit): boolean => a.at === b.at && a.removed === b.removed && a.inserted === b.inserted;

interface Range {
  from: number;
  to: number;
}

/** The parts of an edit's removal that the others have not removed and do not insert into, in places of the base. */
function keptRanges({ at, removed }: Edit, others: readonly Edit[]): Range[] {
  const ranges: Range[] = [];
  let from = at;
  const end = at + removed;
  for (const other of others) {
    const otherEnd = other.at + other.removed;
    if (otherEnd < from || other.at >= end) continue;
    if (other.at > from) ranges.push({ from, to: other.at });
    from = Math.max(from, otherEnd);
  }
  if (from < end) ranges.push({ from, to: end });
  return ranges;
}

/** Where a place of the base is after the others' edits; `before`: ahead of nothing that they inserted exactly there. */
function placeIn(place: number, others: readonly Edit[], removal: boolean): number {
  let shift = 0;
  for (const { at, removed, inserted } of others) {
    if (at > place || (at === place && removed > 0 && !removal)) break;
    if (at + removed <= place) shift += inserted.length - removed;
    else return at + shift + inserted.length; // inside of what they removed: after what they put there
  }
  return place + shift;
}

function joinAtSamePlace(edits: Edit[]): Edit[] {
  const sorted = edits
    .map((edit, order) => ({ edit, order }))
    .sort((a, b) => a.edit.at - b.edit.at || a.edit.removed - b.edit.removed || a.order - b.order);
  const joined: Edit[] = [];
  for (const { edit } of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && last.at === edit.at && last.removed === 0)
      joined[joined.length - 1] = { at: edit.at, removed: edit.removed, inserted: last.inserted + edit.inserted };
    else joined.push(edit);
  }
  return joined;
}
