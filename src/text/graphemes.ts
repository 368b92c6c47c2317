/** Where a text may be cut: between what people see as characters, never inside one. Pure. */

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Units that are one character each, whatever stands beside them: nothing that combines, joins or is half of a pair. */
const SIMPLE =
  /^[\t\n -~\u00a1-\u00ac\u00af-\u02ff\u0388-\u0482\u048a-\u052f\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff]*$/;
const simple = new Uint8Array(0x10000);
for (let unit = 0; unit < simple.length; unit++) simple[unit] = SIMPLE.test(String.fromCharCode(unit)) ? 1 : 0;

const LINE_FEED = 0x0a;

/** The characters of a text, in order. */
export function graphemesOf(text: string): string[] {
  if (SIMPLE.test(text)) return text.split("");
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
}

/** May text surely be cut between these two units, whatever is further away? NaN stands for the end of the text. */
export function isSurelyBetween(left: number, right: number): boolean {
  if (Number.isNaN(left) || Number.isNaN(right) || left === LINE_FEED) return true;
  return simple[left] === 1 && simple[right] === 1;
}

/** Length of the beginning that two texts share, in whole characters of both. */
export function sharedStart(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let length = 0;
  while (length < most && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const start = Math.min(characterAt(a, length).start, characterAt(b, length).start);
    if (start === length) return length;
    length = start;
  }
  return 0;
}

/** Length of the end that both share behind `start`, in whole characters of both. */
export function sharedEnd(a: string, b: string, start: number): number {
  const most = Math.min(a.length, b.length) - start;
  let length = 0;
  while (length < most && a.charCodeAt(a.length - 1 - length) === b.charCodeAt(b.length - 1 - length)) length++;
  const lengthFrom = (text: string) => {
    const at = text.length - length;
    const character = characterAt(text, at);
    return character.start === at ? length : text.length - character.end;
  };
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const shorter = Math.min(lengthFrom(a), lengthFrom(b));
    if (shorter === length) return length;
    length = shorter;
  }
  return 0;
}

/** Each try costs a look at the whole text; characters that depend on all before them, such as flags, could want ever more. */
const MOST_TRIES = 8;

/** The character that this place is in, or that begins there. */
function characterAt(text: string, at: number): { start: number; end: number } {
  if (isSurelyBetween(text.charCodeAt(at - 1), text.charCodeAt(at))) return { start: at, end: at };
  const { index = at, segment = "" } = SEGMENTER.segment(text).containing(at) ?? {};
  return { start: index, end: index + segment.length };
}
