/** A text file: opens at once from what is known, shared with whoever else has it open, its saved-state always in sight. */

import { useEffect, useRef } from "react";
import type { DocumentProvider, DocumentState, LiveDocument } from "../../core/document-provider.ts";
import { Store } from "../../core/store.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { tellFailure } from "../../ui/tell.ts";
import { Waiting } from "../../ui/waiting.tsx";
import { openCodeView } from "./code-view.ts";
import { EditorHead } from "./editor-head.tsx";
import { useDocument } from "./use-document.ts";

const UNKNOWN = new Store<DocumentState>({ phase: "opening", online: false, unsent: false, saved: true });

export function EditorPage({ path }: { path: string }) {
  const { open } = useProject();
  const provider = useDocument(path);
  const state = useStore(provider?.state ?? UNKNOWN);
  const connection = useStore(open.connection.status);
  if (provider === undefined || state.phase === "opening")
    return <Waiting>{connection === "online" ? "Opening the file …" : "Connecting to the project …"}</Waiting>;
  if (state.phase === "failed")
    return (
      <div className="file-view">
        <Problem title={`“${path}” cannot be opened`} onRetry={() => void provider.retry()}>
          {state.failure?.message}
        </Problem>
      </div>
    );
  return (
    <section className="editor" aria-label={path}>
      <EditorHead path={path} state={state} provider={provider} />
      <Code path={path} provider={provider} readOnly={state.readOnly !== undefined} />
    </section>
  );
}

/** The text itself; a document that was begun anew is bound anew, with the cursor where it was. */
function Code({ path, provider, readOnly }: { path: string; provider: DocumentProvider; readOnly: boolean }) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<ReturnType<typeof openCodeView>>(undefined);
  const live: LiveDocument = useStore(provider.live);
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
    });
    view.current = opened;
    opened.focus();
    return () => {
      provider.cursor = opened.cursor();
      opened.close();
    };
  }, [path, provider, live]);
  useEffect(() => view.current?.setReadOnly(readOnly), [readOnly]);
  return <div ref={place} className="code" />;
}
