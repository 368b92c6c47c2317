/** What can be done with a project as a whole: over the hub's socket, or the API while the socket is away. */

import type { ProjectAction } from "../../protocol/project.ts";
import type { App } from "./app.ts";
import { isOffline } from "./request-error.ts";

type Reach = Pick<App, "hub" | "api">;

/** Asks for start, stop or restart; `rescue`: to start in rescue mode. @throws RequestError */
export async function askFor(
  { hub, api }: Reach,
  projectId: string,
  action: ProjectAction,
  { rescue = false }: { rescue?: boolean } = {},
): Promise<void> {
  const wish = { project_id: projectId, ...(rescue && { rescue }) };
  try {
    await hub.request("project_action", { ...wish, action });
  } catch (error) {
    if (!isOffline(error) || (action !== "start" && action !== "stop")) throw error;
    await api(`projects/${action}`, wish);
  }
}

export interface ProjectChange {
  title?: string;
  description?: string;
  compute_image?: string;
  env?: Record<string, string>;
}

/** Changes what members may change. */
export async function changeProject({ api }: Reach, projectId: string, change: ProjectChange): Promise<void> {
  await api("projects/update", { project_id: projectId, ...change });
}

/** Hides it from one's own list, or shows it again. */
export async function hideProject({ api }: Reach, projectId: string, hide: boolean): Promise<void> {
  await api("projects/hide", { project_id: projectId, hide });
}

/** Marks it deleted; `restoreProject` takes that back. */
export async function deleteProject({ api }: Reach, projectId: string): Promise<void> {
  await api("projects/delete", { project_id: projectId });
}

export async function restoreProject({ api }: Reach, projectId: string): Promise<void> {
  await api("projects/restore", { project_id: projectId });
}
