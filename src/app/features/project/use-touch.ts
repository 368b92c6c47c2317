/** Tells the hub once a minute that somebody works in the project, so that it is not taken for idle. */

import { useEffect } from "react";
import { useApp } from "../../ui/app-context.ts";

const EVERY_MS = 60_000;
const SIGNS = ["keydown", "pointerdown"] as const;

export function useTouch(projectId: string, running: boolean): void {
  const { hub } = useApp();
  useEffect(() => {
    if (!running) return;
    let last = 0;
    const touch = () => {
      if (Date.now() - last < EVERY_MS) return;
      last = Date.now();
      hub.request("touch_project", { project_id: projectId }).catch(() => {}); // the next sign of life tries again
    };
    touch();
    for (const sign of SIGNS) window.addEventListener(sign, touch, { passive: true });
    return () => {
      for (const sign of SIGNS) window.removeEventListener(sign, touch);
    };
  }, [hub, projectId, running]);
}
