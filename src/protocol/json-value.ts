/** What a JSON value of somebody else's may hold so that it can be copied, compared and written down. Pure. */

/** Deeper than anything in a pod, and far from what recursion can bear. */
const DEEPEST = 50;

/** Is it nested no deeper than that, and has no text in it a NUL or half of a surrogate pair? PostgreSQL takes neither into JSON. */
export function isSound(value: unknown, depth = 0): boolean {
  if (typeof value === "string") return value.isWellFormed() && !value.includes("\0");
  if (typeof value !== "object" || value === null) return true;
  if (depth >= DEEPEST) return false;
  return Object.entries(value).every(([key, inner]) => isSound(key) && isSound(inner, depth + 1));
}
