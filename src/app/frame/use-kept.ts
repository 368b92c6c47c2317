/** Sends what was typed in this project, could not be sent, and was kept in this browser by an earlier page. */

import { useEffect } from "react";
import type { OpenProject } from "../core/app.ts";
import { documentUser } from "../core/document-user.ts";
import { useApp, useStore } from "../ui/app-context.ts";

export function useKept(open: OpenProject): void {
  const { hub } = useApp();
  const account = useStore(hub.account);
  const online = useStore(open.connection.status) === "online";
  useEffect(() => {
    if (account === undefined || !online) return;
    void open.documents.sendKept(`${account.account_id}/${open.projectId}`, documentUser(account));
  }, [account, online, open]);
}
