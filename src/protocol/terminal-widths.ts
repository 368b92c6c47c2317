/**
 * How many columns a character takes in a terminal: one answer for the browser's screen and the one that the server keeps.
 *
 * Line editors (bash's, Python's) count columns by the system's `wcwidth`, code point by code point, so that is the rule: marks, joiners and variation selectors
 * take none and are drawn with what stands before them. A program that counts whole graphemes instead (an emoji joined of several is two columns) says so by mode 2027.
 */

/** What this needs of xterm's terminals, in a browser and without one. */
interface WidthTerminal {
  readonly buffer: { readonly active: { readonly cursorX: number } };
  readonly unicode: { register(provider: WidthProvider): void; activeVersion: string };
  readonly parser: {
    registerCsiHandler(
      id: { prefix: string; final: string },
      act: (params: (number | number[])[]) => boolean,
    ): { dispose(): void };
    registerEscHandler(id: { final: string }, act: () => boolean): { dispose(): void };
  };
}

export interface WidthProvider {
  readonly version: string;
  wcwidth(codePoint: number): 0 | 1 | 2;
  /** Columns, and whether it joins what stands before it, packed as xterm packs them. */
  charProperties(codePoint: number, preceding: number): number;
}

/** The library's tables, of an older Unicode than ours: what is newer is taken from the engine. */
interface GraphemeAddon {
  activate(terminal: never): void;
}

const JOINS = 1;
const STATE_SHIFT = 3;
const WIDTH_SHIFT = 1;
const WIDTH_MASK = 3;
const BY_CODE_POINT = "wcwidth";
const BY_GRAPHEME = "graphemes";
const GRAPHEMES_MODE = 2027;

/** More marks than this on one character get cells of their own: a cell that grows for ever would fill memory. */
const MOST_MARKS = 16;

const NO_COLUMN = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const EMOJI = /^\p{Emoji_Presentation}$/u;
const FLAG_LETTER = /^\p{Regional_Indicator}$/u;
/** Signs of the category of format characters that are seen nevertheless: the soft hyphen, and signs that embrace a number. */
const SEEN = /^[\u00ad\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]$/u;
/** Vowels and finals of Hangul, which are drawn into the syllable before them. */
const HANGUL_PART = /^[\u1160-\u11ff\ud7b0-\ud7c6\ud7cb-\ud7fb]$/u;
/** Wide ones that the library's tables have as narrow. */
const ALSO_WIDE = /^[\u3248-\u324f\u4dc0-\u4dff\u{1aff0}-\u{1affe}\u{1b11f}-\u{1b122}]$/u;

/** Gives a terminal these widths. The answer tells whether a program counts graphemes now. */
export function installWidths(terminal: WidthTerminal, addon: GraphemeAddon): { countsGraphemes(): boolean } {
  const library = libraryProvider(addon);
  const widths = new Map<number, 0 | 1 | 2>(); // what was seen: the expressions above are slow
  const wcwidth = (codePoint: number): 0 | 1 | 2 => {
    if (codePoint < 0x80) return 1;
    const known = widths.get(codePoint);
    if (known !== undefined) return known;
    const width = widthOf(codePoint, library);
    widths.set(codePoint, width);
    return width;
  };
  const { unicode } = terminal;
  unicode.register(byCodePoint(wcwidth, () => terminal.buffer.active.cursorX === 0));
  unicode.register(byGrapheme(wcwidth, library));
  unicode.activeVersion = BY_CODE_POINT;
  followMode(terminal);
  return { countsGraphemes: () => unicode.activeVersion === BY_GRAPHEME };
}

type Wcwidth = WidthProvider["wcwidth"];

function byCodePoint(wcwidth: Wcwidth, isAtLineStart: () => boolean): WidthProvider {
  return {
    version: BY_CODE_POINT,
    wcwidth,
    charProperties: (codePoint, preceding) => {
      const width = wcwidth(codePoint);
      const marks = (preceding & JOINS) === 0 ? 0 : preceding >> STATE_SHIFT;
      const hasBase = preceding !== 0 || !isAtLineStart();
      if (width === 0 && hasBase && marks < MOST_MARKS) return ((marks + 1) << STATE_SHIFT) | JOINS;
      return Math.max(width, 1) << WIDTH_SHIFT;
    },
  };
}

function byGrapheme(wcwidth: Wcwidth, library: WidthProvider): WidthProvider {
  let marks = 0;
  return {
    version: BY_GRAPHEME,
    wcwidth,
    charProperties: (codePoint, preceding) => {
      const properties = library.charProperties(codePoint, preceding);
      const joins = (properties & JOINS) !== 0;
      marks = joins ? marks + 1 : 0;
      if (joins && marks <= MOST_MARKS) return properties;
      const width = joins ? 1 : Math.max((properties >> WIDTH_SHIFT) & WIDTH_MASK, wcwidth(codePoint));
      return (properties & ~((WIDTH_MASK << WIDTH_SHIFT) | JOINS)) | (width << WIDTH_SHIFT);
    },
  };
}

function widthOf(codePoint: number, library: WidthProvider): 0 | 1 | 2 {
  const character = String.fromCodePoint(codePoint);
  if (SEEN.test(character)) return 1;
  if (NO_COLUMN.test(character) || HANGUL_PART.test(character)) return 0;
  if (FLAG_LETTER.test(character)) return 1;
  const isWide = ((library.charProperties(codePoint, 0) >> WIDTH_SHIFT) & WIDTH_MASK) === 2;
  return isWide || EMOJI.test(character) || ALSO_WIDE.test(character) ? 2 : 1;
}

/** The library registers its providers with whatever it is activated on. */
function libraryProvider(addon: GraphemeAddon): WidthProvider {
  const providers: WidthProvider[] = [];
  const unicode = { register: (provider: WidthProvider) => void providers.push(provider), activeVersion: "" };
  addon.activate({ unicode } as never); // all that it uses of a terminal
  const found = providers.find(({ version }) => version === "15-graphemes");
  if (found === undefined) throw new Error("The library has no provider of graphemes any more.");
  return found;
}

function followMode({ parser, unicode }: WidthTerminal): void {
  const set = (version: string) => (params: (number | number[])[]) => {
    if (params.includes(GRAPHEMES_MODE)) unicode.activeVersion = version;
    return false; // the others of its modes are set as ever
  };
  parser.registerCsiHandler({ prefix: "?", final: "h" }, set(BY_GRAPHEME));
  parser.registerCsiHandler({ prefix: "?", final: "l" }, set(BY_CODE_POINT));
  parser.registerEscHandler({ final: "c" }, () => {
    unicode.activeVersion = BY_CODE_POINT; // a full reset
    return false;
  });
}
