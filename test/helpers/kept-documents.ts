/** Documents of a home of their own, each opened as the table does, without a server. */

import { Document } from "../../roles/project/documents/document.ts";
import { textContent } from "../../roles/project/documents/document-content.ts";
import { DocumentFile } from "../../roles/project/documents/document-file.ts";
import { DocumentStore } from "../../roles/project/documents/document-store.ts";
import type { Life } from "../../src/core/life.ts";
import { parsePath } from "../../src/files/places.ts";
import type { TextEncoding } from "../../src/protocol/document-text.ts";
import { temporaryFolder } from "./folder.ts";

/** A reader who heeds nothing. */
export const NOBODY = { update: () => {}, awareness: () => {}, state: () => {}, reset: () => {} };

/** A home, and how a file of it is opened as a document, which is closed with the life. */
export async function documentsHome(life: Life) {
  const root = await temporaryFolder(life, "project");
  const places = { home: root, ext: "/nowhere", data: "/nowhere", tmp: "/nowhere" };
  const store = new DocumentStore(root);
  const open = async (name: string, encoding?: TextEncoding) => {
    const file = new DocumentFile(places, parsePath(places, name), textContent.limit);
    const parts = { file, content: textContent, store, signal: life.signal };
    const document = await Document.open({ ...parts, identity: `home:${name}`, encoding });
    life.defer("document", () => document.close());
    return document;
  };
  return { root, store, open };
}
