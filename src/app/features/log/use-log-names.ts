/** Names of those who did what a log tells, and to whom. */

import { useQuery } from "@tanstack/react-query";
import { aboutOf, type LogEntry } from "../../core/log-view.ts";
import { useApp } from "../../ui/app-context.ts";

const MOST_ASKED = 200;

export function useLogNames(entries: readonly LogEntry[]): Readonly<Record<string, string>> {
  const { api } = useApp();
  const ids = [...new Set(entries.flatMap((entry) => [entry.account_id ?? [], aboutOf(entry) ?? []].flat()))]
    .sort()
    .slice(0, MOST_ASKED);
  const { data } = useQuery({
    queryKey: ["log-names", ids],
    queryFn: async () => {
      const { names } = await api("accounts/get-names", { account_ids: ids });
      return Object.fromEntries(
        Object.entries(names).map(([id, { first_name, last_name }]) => [id, `${first_name} ${last_name}`.trim()]),
      );
    },
    enabled: ids.length > 0,
    placeholderData: (before) => before,
  });
  return data ?? {};
}
