/** How somebody wants terminals to be, kept in this browser. */

import { Store } from "./store.ts";

const KEY = "cocalc-terminal-screen-reader";

/** Output is told to screen readers. Off unless asked for: it costs on every line of output. */
export const readsToScreenReaders = new Store(kept());

export function setReadsToScreenReaders(on: boolean): void {
  readsToScreenReaders.set(on);
  try {
    globalThis.localStorage.setItem(KEY, String(on));
  } catch {
    // storage is refused: it holds as long as the page
  }
}

function kept(): boolean {
  try {
    return globalThis.localStorage.getItem(KEY) === "true";
  } catch {
    return false;
  }
}
