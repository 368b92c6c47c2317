/** Text that others wrote, as databases, logs and pages take it. Pure. */

/** Control characters but for line ends and tabs, and what turns the direction of the text after it. */
const NOT_PLAIN = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu;

/** The beginning of the text, of at most so many UTF-16 units, cut between characters; control characters are blanks. */
export function plainStart(text: string, most: number): string {
  const all = plain(text);
  return all.slice(0, most).replace(/[\uD800-\uDBFF]$/, "");
}

/** Its end, likewise. */
export function plainEnd(text: string, most: number): string {
  const all = plain(text);
  return all.slice(Math.max(0, all.length - most)).replace(/^[\uDC00-\uDFFF]/, "");
}

/** PostgreSQL takes no NUL in any text, and no half of a surrogate pair in JSON. */
function plain(text: string): string {
  return text.toWellFormed().replace(NOT_PLAIN, " ");
}
