/** Which tab the address stands for: a file or a terminal; undefined on every other page. */

import { useRouterState } from "@tanstack/react-router";
import { useMemo } from "react";
import { pathOfSplat } from "../../core/file-address.ts";
import type { Tab } from "../../core/tabs.ts";

/** Changes only when the tab does: whoever acts on it acts once for each place that is gone to. */
export function useOpenTab(): Tab | undefined {
  // Path and parameters are of one match: while a page is left, the address is already that of the next one, and its parameters are not.
  const key = useRouterState({
    select: ({ matches }) => {
      const { pathname = "", params = {} } = matches.at(-1) ?? {};
      return JSON.stringify(tabOf(pathname, params as { _splat?: string; name?: string })); // routes are not registered as types
    },
  });
  return useMemo(() => JSON.parse(key ?? "null") ?? undefined, [key]);
}

function tabOf(pathname: string, { _splat, name }: { _splat?: string; name?: string }): Tab | null {
  if (name !== undefined) return { kind: "terminal", name };
  if (_splat === undefined || _splat === "" || pathname.endsWith("/")) return null;
  return { kind: "file", path: pathOfSplat(_splat) };
}
