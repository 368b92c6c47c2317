/** A folder's entries, kept up to date: asked for anew when the server or this page says that something changed. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { FileListing } from "../../../protocol/project-files.ts";
import { useProject, useStore } from "../../ui/app-context.ts";

export function useListing(path: string) {
  const { open } = useProject();
  const queries = useQueryClient();
  const online = useStore(open.connection.status) === "online";
  const changed = useStore(open.filesChanged);
  const key = ["files", open.projectId, path];
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) =>
      open.files.list(path, {
        signal,
        onPage: (sofar) => queries.setQueryData<FileListing>(key, (before) => before ?? sofar),
      }),
    staleTime: 2_000,
  });
  const { refetch } = query;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `changed` counts up when files changed
  useEffect(() => void refetch(), [changed, online, refetch]);
  useEffect(() => {
    if (!online) return;
    open.connection.request("watch_folder", { path }).catch(() => {}); // without it the list is fetched when it is opened
    const off = open.connection.on("folder_changed", () => void refetch());
    return () => {
      off();
      open.connection.request("watch_folder", { path: null }).catch(() => {}); // the next folder's watch replaces it anyway
    };
  }, [open, online, path, refetch]);
  return query;
}
