/** Which tab the address stands for: a file or a terminal; undefined on every other page. */

import { useParams, useRouterState } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Tab } from "../../core/tabs.ts";

export function useOpenTab(): Tab | undefined {
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  const { _splat, name } = useParams({ strict: false }) as { _splat?: string; name?: string }; // routes are not registered as types
  return useMemo(() => {
    if (name !== undefined) return { kind: "terminal", name };
    if (_splat === undefined || _splat === "" || pathname.endsWith("/")) return undefined;
    return { kind: "file", path: _splat };
  }, [pathname, _splat, name]);
}
