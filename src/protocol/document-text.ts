/** Where in a shared document its text is. Apart from the schemas, so that a page can know it without them. */

/** Name of the shared Y.Text in a document. */
export const DOCUMENT_TEXT = "text";
