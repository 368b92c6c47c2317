/** What a page and the server agree on about shared texts. Apart from the schemas, so that a page can know it without them. */

/** Name of the shared Y.Text in a document. */
export const DOCUMENT_TEXT = "text";

/** Largest text that is edited together, in bytes of its file. */
export const MAX_TEXT_BYTES = 10 * 1024 * 1024;
export const TEXT_TOO_LARGE =
  "A text that is edited together has at most 10 MB. Make it shorter, or work with it in a terminal.";

/** The encodings in which a text can be opened, as people know them. */
export const TEXT_ENCODINGS = {
  "utf-8": "UTF-8",
  "windows-1252": "Western (Latin-1, Windows-1252)",
  "iso-8859-15": "Western with € (Latin-9)",
  "windows-1250": "Central European (Windows-1250)",
  "iso-8859-2": "Central European (Latin-2)",
  "windows-1251": "Cyrillic (Windows-1251)",
  "koi8-r": "Cyrillic (KOI8-R)",
  "utf-16le": "UTF-16, little endian",
  "utf-16be": "UTF-16, big endian",
} as const;
export type TextEncoding = keyof typeof TEXT_ENCODINGS;

export type LineEnd = "\n" | "\r\n" | "\r";

/** How a text is written into its file. */
export interface WrittenAs {
  encoding: TextEncoding;
  /** Of new lines. */
  lineEnd: LineEnd;
}

export const WRITTEN_PLAINLY: WrittenAs = { encoding: "utf-8", lineEnd: "\n" };

/** Bytes that a text takes in its file; line ends of other kinds that stay, and a mark at its beginning, are not counted. */
export function bytesWritten(text: string, { encoding, lineEnd }: WrittenAs): number {
  const ends = lineEnd.length === 1 ? 0 : (text.match(/\n/g)?.length ?? 0);
  if (encoding === "utf-8") return new TextEncoder().encode(text).length + ends;
  return (text.length + ends) * (encoding.startsWith("utf-16") ? 2 : 1);
}
