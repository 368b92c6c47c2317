/** Names of the members of some projects, asked for in one go and kept. */

import { useQuery } from "@tanstack/react-query";
import type { ProjectSummary } from "../../../protocol/project.ts";
import { useApp } from "../../ui/app-context.ts";

export type Names = Readonly<Record<string, { first_name: string; last_name: string; color?: string }>>;

const SHOWN_PER_PROJECT = 4;
const MOST_ASKED = 200;

export function useNames(projects: readonly ProjectSummary[]): Names {
  const { hub } = useApp();
  const ids = [...new Set(projects.flatMap(({ users }) => Object.keys(users).slice(0, SHOWN_PER_PROJECT)))]
    .sort()
    .slice(0, MOST_ASKED);
  const { data } = useQuery({
    queryKey: ["names", ids],
    queryFn: async () => (await hub.request("get_names", { account_ids: ids })).names,
    enabled: ids.length > 0,
    staleTime: 300_000,
    placeholderData: (before) => before,
  });
  return data ?? {};
}
