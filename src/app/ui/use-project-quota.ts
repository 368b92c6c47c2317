/** Of what the quota of a project is made, kept up with what the hub tells of the project. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import type { EndpointOutput } from "../../protocol/api-v2-table.ts";
import { mayIn } from "../core/project-view.ts";
import { useApp, useProject, useStore } from "./app-context.ts";

export type ProjectQuota = EndpointOutput<"projects/quota">;

export const quotaKey = (projectId: string) => ["quota", projectId] as const;

/** Asked again at every change of the project that the hub tells, if `live`, and else only once it is `staleMs` old. Nothing for who may not configure it. */
export function useProjectQuota({ live = true, staleMs = 5_000 } = {}) {
  const { api, hub } = useApp();
  const { project } = useProject();
  const mayConfigure = mayIn(project, useStore(hub.account), "configure");
  const query = useQuery({
    queryKey: quotaKey(project.project_id),
    queryFn: () => api("projects/quota", { project_id: project.project_id }),
    enabled: mayConfigure,
    staleTime: staleMs,
  });
  const { refetch } = query;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the hub tells of a changed quota by the project
  useEffect(() => {
    if (live && mayConfigure) void refetch();
  }, [project, live, mayConfigure, refetch]);
  return query;
}
