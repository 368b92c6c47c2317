/** The shared document of a path while a page shows it. */

import { useEffect, useState } from "react";
import { DocumentProvider } from "../../core/document-provider.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { cursorColors } from "./cursor-colors.ts";

export function useDocument(path: string): DocumentProvider | undefined {
  const { hub, keeper } = useApp();
  const { open } = useProject();
  const account = useStore(hub.account);
  const [provider, setProvider] = useState<DocumentProvider>();
  const accountId = account?.account_id;
  const name = account === undefined ? "" : `${account.first_name} ${account.last_name}`.trim();
  useEffect(() => {
    if (accountId === undefined) return;
    const user = { name, ...cursorColors(accountId) };
    const key = `${accountId}/${open.projectId}/${path}`;
    const provider = new DocumentProvider({ connection: open.connection, keeper, path, key, user });
    setProvider(provider);
    return () => void provider.close();
  }, [accountId, name, keeper, open, path]);
  return provider;
}
