/** The requests of a socket that are about documents. */

import { may, whyNot } from "../../../src/protocol/project-rights.ts";
import type { Activity } from "../activity.ts";
import type { DocumentReader } from "../documents/document-reader.ts";
import type { Documents } from "../documents/documents.ts";
import type { Handlers } from "./requests.ts";
import type { Session } from "./session.ts";

type DocumentRequest = "document_open" | "document_update" | "document_awareness" | "document_save" | "document_close";

export function documentRequests({
  documents,
  activity,
}: {
  documents: Documents;
  activity: Activity;
}): Pick<Handlers, DocumentRequest> {
  return {
    document_open: async (session, { path, ...how }) => {
      const mayWrite = may(session.caller.role, "write");
      if (mayWrite) activity.touch(); // a viewer who looks does not work here
      const called = { path };
      const reader = { id: session.id, events: readerOf(session, called), called };
      const view = await documents.open(reader, { path, mayWrite, ...how });
      session.onGone("documents", () => documents.closeAllOf(session.id));
      return readOnlyFor(session, view);
    },
    document_update: (session, { path, generation, update }) => {
      activity.touch();
      documents.update(session.id, path, { generation, update });
      return {};
    },
    document_awareness: (session, { path, update }) => {
      const { sub, name } = session.caller;
      const mover = { account_id: sub, name, budget: session.cursorBudget };
      documents.awareness(session.id, path, { update, mover });
      return {};
    },
    document_save: (session, { path }) => documents.save(session.id, path),
    document_close: (session, { path }) => {
      documents.close(session.id, path);
      return {};
    },
  };
}

/** A document that anybody may change is read only all the same for who may not; the reason is told in words. */
function readOnlyFor<T extends { readOnly?: string }>({ caller: { role } }: Session, told: T): T {
  return may(role, "write") ? told : { ...told, readOnly: whyNot(role, "write") };
}

/** Events name the document by the path under which this reader knows it now. */
function readerOf(session: Session, called: { path: string }): DocumentReader {
  return {
    update: (update, generation) => session.emit("document_update", { ...called, generation, update }),
    awareness: (update) => session.emit("document_awareness", { ...called, update }),
    state: (state) => session.emit("document_state", { ...called, ...readOnlyFor(session, state) }),
    reset: (generation) => session.emit("document_reset", { ...called, generation }),
  };
}
