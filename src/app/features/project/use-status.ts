/** How the running project is, asked every some seconds for whoever shows it. */

import { useQuery } from "@tanstack/react-query";
import type { ProjectStatus } from "../../../protocol/project-status.ts";
import { useProject, useStore } from "../../ui/app-context.ts";

const EVERY_MS = 10_000;

/** undefined: it does not run, or cannot be reached now. */
export function useStatus(): ProjectStatus | undefined {
  const { open } = useProject();
  const online = useStore(open.connection.status) === "online";
  const { data } = useQuery({
    queryKey: ["status", open.projectId],
    queryFn: () => open.connection.request("status", {}),
    enabled: online,
    refetchInterval: EVERY_MS,
  });
  return online ? data : undefined;
}
