/** What a kind of document makes of its file's bytes and of its shared state. The next kind, a notebook, is another one of these. */

import { AppError } from "../../../src/core/errors.ts";
import type { TextEncoding, WrittenAs } from "../../../src/protocol/document-text.ts";
import { type SharedContent, sharedText } from "../../../src/text/shared-content.ts";
import { decodeText, encodeText, PLAIN_FORMAT, type TextFormat } from "./text-format.ts";

export interface ReadContent<Format> {
  content: string;
  /** What the content does not tell of the bytes. */
  format: Format;
  /** The encoding of those given in which it was read; undefined where the bytes tell by themselves what they are. */
  encoding: TextEncoding | undefined;
}

/** How bytes are to be read. */
export interface Reading {
  /** For words. */
  name: string;
  /** In which they are read where they do not tell by themselves what they are: somebody chose it. */
  encoding: TextEncoding | undefined;
  /** Is what they are in that encoding what we wrote? Then they are read in it all the same. */
  isOurs: (content: string) => boolean;
}

export interface DocumentContent<Format> extends SharedContent {
  /** Of a file that is not there yet. */
  readonly plain: Format;
  /** The content of a file's bytes. @throws AppError `unsupported` when they are of another kind. */
  read(bytes: Buffer, how: Reading): ReadContent<Format>;
  /** The bytes for a content, in the format of before, and that format as it is then. @throws AppError for what cannot be written so. */
  encode(content: string, format: Format): { bytes: Buffer; format: Format };
  /** The encoding that has to be known to read this content again from its bytes; undefined where they tell by themselves. @throws as `encode` */
  mustBeKnown(content: string, format: Format): TextEncoding | undefined;
  /** What a page has to know of a format to tell how large a content becomes; undefined where it cannot. */
  writtenAs(format: Format): WrittenAs | undefined;
}

/** Characters by which a file looks like no text: a NUL, what stands for unreadable bytes, and those bytes themselves. */
const MAY_HIDE_ITS_ENCODING = /[\0\ufffd\uf780-\uf7ff]/;

export const textContent: DocumentContent<TextFormat> = {
  ...sharedText,
  plain: PLAIN_FORMAT,
  read(bytes, { name, encoding, isOurs }) {
    const told = decodeText(bytes);
    const chosen = encoding && decodeText(bytes, encoding);
    if (chosen !== undefined && (told === undefined || isOurs(chosen.text)))
      return { content: chosen.text, format: chosen.format, encoding };
    if (told !== undefined) return { content: told.text, format: told.format, encoding: undefined };
    throw new AppError("unsupported", `${name} is no UTF-8 text. Open it in another encoding, or download it instead.`);
  },
  writtenAs: ({ encoding, lineEnd }) => ({ encoding, lineEnd }),
  encode: encodeText,
  mustBeKnown(content, format) {
    if (!MAY_HIDE_ITS_ENCODING.test(content) && content.isWellFormed()) return undefined;
    const { bytes } = encodeText(content, format);
    return decodeText(bytes) === undefined ? format.encoding : undefined;
  },
};
