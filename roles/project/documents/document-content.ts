/** What a kind of document makes of its file's bytes and of its shared state. The next kind, a notebook, is another one of these. */

import { AppError } from "../../../src/core/errors.ts";
import type { TextEncoding } from "../../../src/protocol/document-text.ts";
import { type SharedContent, sharedText } from "../../../src/text/shared-content.ts";
import { decodeText, encodeText, PLAIN_FORMAT, type TextFormat } from "./text-format.ts";

export interface ReadContent<Format> {
  content: string;
  /** What the content does not tell of the bytes. */
  format: Format;
}

export interface DocumentContent<Format> extends SharedContent {
  /** Of a file that is not there yet. */
  readonly plain: Format;
  /** The content of a file's bytes. `name` is for words. @throws AppError `unsupported` when they are of another kind. */
  read(bytes: Buffer, how: { name: string; encoding: TextEncoding | undefined }): ReadContent<Format>;
  /** The bytes for a content, in the format of before, and that format as it is then. @throws AppError for what cannot be written so. */
  encode(content: string, format: Format): { bytes: Buffer; format: Format };
}

export const textContent: DocumentContent<TextFormat> = {
  ...sharedText,
  plain: PLAIN_FORMAT,
  read(bytes, { name, encoding }) {
    const decoded = decodeText(bytes, encoding);
    if (decoded === undefined)
      throw new AppError(
        "unsupported",
        `${name} is no UTF-8 text. Open it in another encoding, or download it instead.`,
      );
    return { content: decoded.text, format: decoded.format };
  },
  encode: encodeText,
};
