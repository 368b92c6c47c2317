/** The request of a socket to be told of changes in one folder. */

import { type Places, parsePath } from "../../../src/files/places.ts";
import { watchFolder } from "./folder-watch.ts";
import type { Handlers } from "./requests.ts";
import type { Session } from "./session.ts";

/** One folder per socket: a new one replaces the one before. */
export function folderRequests(places: Places): Pick<Handlers, "watch_folder"> {
  const watching = new Map<string, AbortController>();
  const stop = (session: Session) => {
    watching.get(session.id)?.abort();
    watching.delete(session.id);
  };
  return {
    watch_folder: async (session, { path }) => {
      stop(session);
      if (path === null) return {};
      const abort = new AbortController();
      watching.set(session.id, abort);
      session.onGone("folder", () => stop(session));
      await watchFolder(places, parsePath(places, path), {
        signal: abort.signal,
        changed: () => session.emit("folder_changed", { path }),
      });
      return {};
    },
  };
}
