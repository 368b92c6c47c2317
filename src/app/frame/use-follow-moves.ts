/** The address follows a file or folder that was moved, by whomever. */

import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { movedPath } from "../../protocol/moved-path.ts";
import type { OpenProject } from "../core/app.ts";
import { pathOfSplat, splatOf } from "../core/file-address.ts";

export function useFollowMoves({ projectId, moved }: OpenProject): void {
  const { _splat } = useParams({ strict: false });
  const navigate = useNavigate();
  useEffect(() => {
    if (_splat === undefined) return;
    return moved.subscribe(() => {
      const move = moved.get();
      const to = move === undefined ? undefined : movedPath(pathOfSplat(_splat), move);
      if (to === undefined) return;
      void navigate({
        to: "/projects/$projectId/files/$",
        params: { projectId, _splat: splatOf(to) },
        replace: true,
      });
    });
  }, [_splat, moved, navigate, projectId]);
}
