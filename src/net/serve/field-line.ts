/** A line of a head of HTTP/1.1 as `name: value` (RFC 9112 §5): one reading for requests and answers alike. */

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Neither line ends nor other control characters; of latin1, which is how heads are read (RFC 9110 §5.5). */
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const [TAB, SPACE] = [9, 32];

export interface FieldLine {
  name: string;
  /** Without the blanks around it. */
  value: string;
}

/** The field that stands in `text` between two places; undefined unless every parser would read it the same. */
export function readFieldLine(text: string, start: number, end: number): FieldLine | undefined {
  const colon = text.indexOf(":", start);
  if (colon < 0 || colon > end) return undefined;
  const name = text.slice(start, colon);
  const value = withoutBlanks(text, colon + 1, end);
  return NAME.test(name) && isFieldValue(value) ? { name, value } : undefined;
}

/** May this stand in a head as the value of a field? */
export function isFieldValue(value: string): boolean {
  return !NOT_IN_VALUE.test(value);
}

/** `trim` would take away more than blanks, and a regular expression is slow for many of them. */
function withoutBlanks(text: string, start: number, end: number): string {
  let [from, to] = [start, end];
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
