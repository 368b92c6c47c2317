/** The shared document of a path while a page shows it. */

import { useEffect, useState } from "react";
import type { DocumentProvider } from "../../core/document-provider.ts";
import { documentUser } from "../../core/document-user.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";

export function useDocument(path: string): DocumentProvider | undefined {
  const { hub } = useApp();
  const { open } = useProject();
  const account = useStore(hub.account);
  const [provider, setProvider] = useState<DocumentProvider>();
  const { account_id, first_name = "", last_name = "" } = account ?? {};
  useEffect(() => {
    if (account_id === undefined) return;
    const user = documentUser({ account_id, first_name, last_name });
    const provider = open.documents.open({ path, space: `${account_id}/${open.projectId}`, user });
    setProvider(provider);
    return () => void open.documents.leave(provider);
  }, [account_id, first_name, last_name, open, path]);
  return provider;
}
