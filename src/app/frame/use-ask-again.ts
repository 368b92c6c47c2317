/** Asks again, by itself, what could not be shown while nobody answered. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";

/** `isBack`: whoever is asked can be reached. */
export function useAskAgain(isBack: boolean): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (isBack) void queries.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" });
  }, [isBack, queries]);
}
