/** A text file: opens at once from what is known, shared with whoever else has it open, its saved-state always in sight. */

import { useEffect, useRef } from "react";
import { TEXT_TOO_LARGE, WRITTEN_PLAINLY } from "../../../protocol/document-text.ts";
import { textOf } from "../../../text/yjs-text.ts";
import type { DocumentProvider } from "../../core/document-provider.ts";
import type { DocumentState } from "../../core/document-state.ts";
import type { LiveDocument } from "../../core/live-document.ts";
import { visibleName } from "../../core/names.ts";
import { Store } from "../../core/store.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { tellFailure } from "../../ui/tell.ts";
import { Waiting } from "../../ui/waiting.tsx";
import { openCodeView } from "./code-view.ts";
import { EditorHead } from "./editor-head.tsx";
import { MissingFile, OpeningFailed, OtherEncoding } from "./not-opened.tsx";
import { useDocument } from "./use-document.ts";

const UNKNOWN = new Store<DocumentState>({ phase: "opening", online: false, unsent: false, saved: true });

export function EditorPage({ path }: { path: string }) {
  const { open } = useProject();
  const provider = useDocument(path);
  const state = useStore(provider?.state ?? UNKNOWN);
  const connection = useStore(open.connection.status);
  if (provider === undefined || state.phase === "opening")
    return <Waiting>{connection === "online" ? "Opening the file …" : "Connecting to the project …"}</Waiting>;
  if (state.phase === "failed") {
    const { message, code } = state.failure ?? { message: "", code: "" };
    if (code === "not_found") return <MissingFile path={path} provider={provider} why={message} />;
    if (code === "unsupported") return <OtherEncoding path={path} provider={provider} why={message} />;
    return <OpeningFailed path={path} provider={provider} why={message} />;
  }
  return <Opened path={path} provider={provider} state={state} />;
}

function Opened({ path, provider, state }: { path: string; provider: DocumentProvider; state: DocumentState }) {
  const { doc } = useStore(provider.live);
  const takenBack = useStore(provider.takenBack);
  useEffect(() => {
    if (takenBack !== undefined) tellFailure("What was put in last was taken back", takenBack.words);
  }, [takenBack]);
  if (state.missing !== undefined && textOf(doc).length === 0)
    return <MissingFile path={path} provider={provider} why={state.missing} />;
  return (
    <section className="editor" aria-label={visibleName(path)}>
      <EditorHead path={path} state={state} provider={provider} />
      <Code path={path} provider={provider} state={state} />
    </section>
  );
}

/** The text itself; a document that was begun anew is bound anew, with the cursor where it was. */
function Code({ path, provider, state }: { path: string; provider: DocumentProvider; state: DocumentState }) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<ReturnType<typeof openCodeView>>(undefined);
  const live: LiveDocument = useStore(provider.live);
  const readOnly = state.readOnly !== undefined;
  const { encoding, lineEnd } = state.writtenAs ?? WRITTEN_PLAINLY;
  const wasReadOnly = useRef(readOnly);
  wasReadOnly.current = readOnly;
  useEffect(() => {
    if (place.current === null) return;
    const onSave = () =>
      void provider.save().catch((error) => tellFailure("It could not be saved now; what you typed is kept", error));
    const opened = openCodeView({
      place: place.current,
      path,
      live,
      readOnly: wasReadOnly.current,
      cursor: provider.cursor,
      onSave,
      onTooLarge: () => tellFailure("This was not put in", TEXT_TOO_LARGE),
    });
    view.current = opened;
    opened.focus();
    return () => {
      provider.cursor = opened.cursor();
      opened.close();
    };
  }, [path, provider, live]);
  useEffect(() => view.current?.setReadOnly(readOnly), [readOnly]);
  useEffect(() => {
    if (live !== undefined) view.current?.setWrittenAs({ encoding, lineEnd }); // each state has a view of its own
  }, [encoding, lineEnd, live]);
  return <div ref={place} className="code" />;
}
