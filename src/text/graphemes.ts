/** Where a text may be cut: between what people see as characters, never inside one. Pure. */

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Units that are one character each beside any other of them: nothing that combines, joins or is half of a pair. Those of Latin, Greek,
 * Cyrillic, Hebrew, Arabic, Chinese, Japanese and Korean, with the usual punctuation and signs.
 */
const SIMPLE =
  /^[\t\n -~\u00a1-\u00ac\u00af-\u02ff\u0388-\u0482\u048a-\u052f\u05d0-\u05ea\u0620-\u064a\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20c0\u2100-\u2bff\u3000-\u3029\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff9d]*$/;
const simple = new Uint8Array(0x10000);
for (let unit = 0; unit < simple.length; unit++) simple[unit] = SIMPLE.test(String.fromCharCode(unit)) ? 1 : 0;

const LINE_FEED = 0x0a;

/** Other places have to be asked for; what stands between two sure ones is asked for alone, since that costs a hundred times as much. */
interface Run {
  from: number;
  to: number;
}

/** The characters of a text, in order. */
export function graphemesOf(text: string): string[] {
  const characters: string[] = [];
  for (let from = 0; from < text.length; ) {
    const { to } = runFrom(text, from);
    if (to - from === 1) characters.push(text.charAt(from));
    else for (const { segment } of SEGMENTER.segment(text.slice(from, to))) characters.push(segment);
    from = to;
  }
  return characters;
}

/** What it costs to find and number them: in steps of comparing, about a hundredth of a microsecond each. */
export function workOfGraphemes(text: string): number {
  let work = 16 * text.length;
  for (let from = 0; from < text.length; ) {
    const { to } = runFrom(text, from);
    if (to - from > 1) work += 600 + 60 * (to - from);
    from = to;
  }
  return work;
}

function runFrom(text: string, from: number): Run {
  let to = from + 1;
  while (to < text.length && !isSurelyBetween(text.charCodeAt(to - 1), text.charCodeAt(to))) to++;
  return { from, to };
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
    const start = Math.min(characterAt(a, length).from, characterAt(b, length).from);
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
    return character.from === at ? length : text.length - character.to;
  };
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const shorter = Math.min(lengthFrom(a), lengthFrom(b));
    if (shorter === length) return length;
    length = shorter;
  }
  return 0;
}

/** Each try costs a look at a whole run; characters that depend on all before them, such as flags, could want ever more. */
const MOST_TRIES = 8;
/** A longer run counts as one character where a single one is asked for: it is copied with each try. */
const LONGEST_RUN = 10_000;

/** The character that this place is in, or that begins there. */
function characterAt(text: string, at: number): Run {
  const isSure = (place: number) => isSurelyBetween(text.charCodeAt(place - 1), text.charCodeAt(place));
  if (isSure(at)) return { from: at, to: at };
  let from = at - 1;
  while (!isSure(from)) from--;
  const { to } = runFrom(text, from);
  if (to - from > LONGEST_RUN) return { from, to };
  const { index = 0, segment = "" } = SEGMENTER.segment(text.slice(from, to)).containing(at - from) ?? {};
  return { from: from + index, to: from + index + segment.length };
}
