/** What a document knows of its file: the content there, the etag, how it is encoded, and why it cannot be written. */

import type { TextEncoding, WrittenAs } from "../../../src/protocol/document-text.ts";
import type { DocumentContent, ReadContent } from "./document-content.ts";
import type { DocumentFile, Unfinished } from "./document-file.ts";

interface Options<Format> {
  file: DocumentFile;
  content: DocumentContent<Format>;
  /** Of the document's log. */
  folder: string;
  /** In which it is read, unless it tells by itself what it is. */
  encoding: TextEncoding | undefined;
  signal: AbortSignal;
}

export interface OnDisk<Format> extends ReadContent<Format> {
  etag: string;
}

export class DiskCopy<Format> {
  readonly #options: Options<Format>;
  #format: Format;
  #encoding: TextEncoding | undefined;
  /** The content that was last about to be written. */
  #tried: string | undefined;
  #unfinished: Unfinished | undefined;
  /** The content on disk as last known. */
  base = "";
  etag: string | undefined;
  /** Was there ever a file? Then its absence is somebody's wish. */
  wasThere = false;
  readOnly: string | undefined;
  savedAt: Date | undefined;
  /** Why it was last written in place, in words. */
  inPlace: string | undefined;
  /** In words; told while there is no file. */
  missing = "";

  constructor(options: Options<Format>) {
    this.#options = options;
    this.#format = options.content.plain;
    this.#encoding = options.encoding;
  }

  /** The one that somebody chose, as long as it is needed. */
  get encoding(): TextEncoding | undefined {
    return this.#encoding;
  }

  /** How the content is written into the file. */
  get writtenAs(): WrittenAs | undefined {
    return this.#options.content.writtenAs(this.#format);
  }

  /** Why the file is half written and stays so for now, in words. */
  get unfinished(): string | undefined {
    return this.#unfinished?.problem;
  }

  async isAsKnown(): Promise<boolean> {
    return (await this.#options.file.etag()) === this.etag;
  }

  /**
   * What is there now, once what was cut off is finished; undefined when nothing is there. `isOurs`: did we write this content, beside what
   * is known here? @throws AppError for what cannot be edited.
   */
  async read(isOurs: (content: string) => boolean = () => false): Promise<OnDisk<Format> | undefined> {
    const { file, content, folder, signal } = this.#options;
    this.#unfinished = await file.mend(folder);
    const disk = await file.readStill({ wasEmpty: this.base === "", signal });
    this.readOnly = await file.readOnlyBecause();
    if (disk === undefined) this.missing = await file.missing();
    if (disk === undefined) return undefined;
    const bytes = this.#unfinished?.bytes ?? disk.bytes;
    const etag = this.#unfinished === undefined ? disk.etag : `${disk.etag} unfinished`; // fits nothing: it is tried again
    const isKnown = (read: string) => (this.wasThere && read === this.base) || read === this.#tried || isOurs(read);
    return { ...content.read(bytes, { name: file.name, encoding: this.#encoding, isOurs: isKnown }), etag };
  }

  /** Takes what was read for what is known. */
  note(disk: OnDisk<Format> | undefined): void {
    this.etag = disk?.etag;
    if (disk === undefined) return;
    this.wasThere = true;
    this.base = disk.content;
    this.#format = disk.format;
    this.#encoding = disk.encoding;
  }

  /** Notes the encoding if the file will not tell it any more with this content in it. Says whether that is news. */
  learnsEncoding(text: string): boolean {
    if (this.#encoding !== undefined) return false;
    this.#encoding = this.#options.content.mustBeKnown(text, this.#format);
    return this.#encoding !== undefined;
  }

  /** Writes a content if the file is still as known. @throws AppError `precondition_failed` where it is not, and saying why it cannot be saved. */
  async write(text: string, { begins }: { begins: () => Promise<void> }): Promise<void> {
    const { file, content, folder } = this.#options;
    const { bytes, format } = content.encode(text, this.#format);
    await begins();
    this.#tried = text;
    const { etag, inPlace } = await file.write(bytes, { etag: this.etag, folder });
    this.note({ content: text, format, etag, encoding: this.#encoding });
    this.inPlace = inPlace;
    this.savedAt = new Date();
  }
}
