/** Fetches the code of a project's pages once the project runs and the page has come to rest, so that they open at once, and offline as well. */

import { useEffect } from "react";

const AFTER_MS = 3_000;

const PAGES = [
  () => import("../features/editor/editor-page.tsx"),
  () => import("./terminal-place.tsx"),
  () => import("../features/members/members-page.tsx"),
  () => import("../features/log/log-page.tsx"),
  () => import("../features/settings/settings-page.tsx"),
];

export function useFetchAhead(running: boolean): void {
  useEffect(() => {
    if (!running || savesData()) return;
    const timer = setTimeout(() => {
      for (const fetchPage of PAGES) fetchPage().catch(() => {}); // opening the page asks again, and tells
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, [running]);
}

/** The reader asked the browser to be sparing: on a phone that pays by the byte, say. */
function savesData(): boolean {
  const { connection } = navigator as Navigator & { connection?: { saveData?: boolean } }; // not in every browser, nor in the types
  return connection?.saveData === true;
}
