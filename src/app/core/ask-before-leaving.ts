/** Lets a browser ask before it leaves the page while files are on their way: what is sent by then is kept, but nobody goes on with it. */

import type { Store } from "./store.ts";
import { isOver, type Upload } from "./uploads.ts";

/** The browser is asked only while there is something to ask about: a page that always asks cannot be kept for going back. */
export function askBeforeLeaving(
  window: Pick<Window, "addEventListener" | "removeEventListener">,
  uploads: Store<readonly Upload[]>,
): void {
  const ask = (event: Event) => event.preventDefault();
  let isAsking = false;
  uploads.subscribe(() => {
    const isGoing = uploads.get().some((upload) => !isOver(upload));
    if (isGoing && !isAsking) window.addEventListener("beforeunload", ask);
    if (!isGoing && isAsking) window.removeEventListener("beforeunload", ask);
    isAsking = isGoing;
  });
}
