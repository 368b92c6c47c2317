/** Which tab the address stands for: a file or a terminal; undefined on every other page. */

import { useRouterState } from "@tanstack/react-router";
import { useMemo } from "react";
import { type PlaceContext, pathOfSplat } from "../../core/file-address.ts";
import type { Tab } from "../../core/tabs.ts";

/** Changes only when the tab does: whoever acts on it acts once for each place that is gone to. */
export function useOpenTab(): Tab | undefined {
  // All is of one match: while a page is left, the address is already that of the next one, and its parameters are not.
  const key = useRouterState({
    select: ({ matches }) => {
      const { params = {}, context = {} } = matches.at(-1) ?? {};
      return JSON.stringify(tabOf({ ...params, ...context }));
    },
  });
  return useMemo(() => JSON.parse(key ?? "null") ?? undefined, [key]);
}

function tabOf({ _splat, name, isFolder }: Partial<PlaceContext> & { _splat?: string; name?: string }): Tab | null {
  if (name !== undefined) return { kind: "terminal", name };
  if (_splat === undefined || _splat === "" || isFolder) return null;
  return { kind: "file", path: pathOfSplat(_splat) };
}
