/** The requests of a socket that are about documents. */

import type { Documents } from "../documents/documents.ts";
import type { Handlers } from "./requests.ts";

type DocumentRequest = "document_open" | "document_update" | "document_awareness" | "document_save" | "document_close";

export function documentRequests({ documents }: { documents: Documents }): Pick<Handlers, DocumentRequest> {
  const open = () => documents.open();
  return {
    document_open: open,
    document_update: open,
    document_awareness: open,
    document_save: open,
    document_close: open,
  };
}
