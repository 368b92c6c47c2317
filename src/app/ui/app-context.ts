/** Gives components the app, the clock and the stores that they watch. */

import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { ProjectSummary } from "../../protocol/project.ts";
import type { App, OpenProject } from "../core/app.ts";
import type { Command } from "../core/commands.ts";
import type { Store } from "../core/store.ts";

export const AppContext = createContext<App | undefined>(undefined);

/** The app that this page opened. */
export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("useApp outside of AppContext");
  return app;
}

/** The value of a store, drawn anew when it changes. */
export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** What a store's value means for a component; drawn anew only when that changes. `select` must give the same for the same. */
export function useSelected<T, S>(store: Store<T>, select: (value: T) => S): S {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}

/** The present time in ms, told again every so often. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Offers commands in the palette while the component is shown. Give `commands` from useMemo. */
export function useCommands(source: string, commands: readonly Command[]): void {
  const registry = useApp().commands;
  useEffect(() => registry.register(source, commands), [registry, source, commands]);
}

/** The project that the frame around a component is for. */
export interface ProjectPlace {
  project: ProjectSummary;
  open: OpenProject;
}
export const ProjectContext = createContext<ProjectPlace | undefined>(undefined);

export function useProject(): ProjectPlace {
  const place = useContext(ProjectContext);
  if (place === undefined) throw new Error("useProject outside of a project");
  return place;
}
