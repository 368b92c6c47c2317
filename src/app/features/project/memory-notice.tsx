/** Tells in a project that memory ran out, by which program, and offers to ask for more; before that, that little is left. */

import { CloseButton, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { memoryWords } from "../../../domain/quotas/memory-words-rules.ts";
import { formatMoment } from "../../core/format.ts";
import { outOfMemoryWords } from "../../core/memory-view.ts";
import { projectApi } from "../../core/site.ts";
import { useApp, useProject } from "../../ui/app-context.ts";
import { AskForMemory } from "../../ui/ask-for-more.tsx";
import { useStatus } from "./use-status.ts";

export function MemoryNotice() {
  const { site } = useApp();
  const { project, open } = useProject();
  const queries = useQueryClient();
  const status = useStatus();
  const [seen, setSeen] = useState<string>();
  const out = status?.outOfMemory ?? undefined;
  useEffect(
    () =>
      open.connection.on(
        "out_of_memory",
        () => void queries.invalidateQueries({ queryKey: ["status", open.projectId] }),
      ),
    [open, queries],
  );
  const killed = out !== undefined && !out.whole ? out.time : undefined;
  useEffect(() => {
    // The hub writes down what stands beside this answer; one of a minute ago is as good.
    if (killed !== undefined) void fetch(projectApi(site, open.projectId, "status")).catch(() => {});
  }, [killed, site, open.projectId]);
  if (out !== undefined && out.time !== seen) {
    const words = outOfMemoryWords(out);
    return (
      // The moment, and not how long ago it was: of an alert, each change is read out.
      <div className="project-notice" role="alert">
        <IconAlertTriangle size={18} aria-hidden />
        <Text size="sm">
          <strong>
            The project ran out of memory on <time dateTime={out.time}>{formatMoment(out.time)}</time>.
          </strong>{" "}
          {words}{" "}
          <Link to="/projects/$projectId/settings" params={{ projectId: project.project_id }}>
            Its quota and licences
          </Link>
        </Text>
        <AskForMemory message={words} />
        <CloseButton size="sm" aria-label="Do not show this any more" onClick={() => setSeen(out.time)} />
      </div>
    );
  }
  if (status === undefined || !status.memoryWarning || status.memory.limit === null) return null;
  const { used, limit } = status.memory;
  return (
    <div className="project-notice" role="status">
      <IconAlertTriangle size={18} aria-hidden />
      <Text size="sm">
        <strong>Memory is nearly used up:</strong> {memoryWords(used)} of {memoryWords(limit)}. Save your work and end
        what you do not need; with the next large request a program may be ended.
      </Text>
      <AskForMemory message={`It uses ${memoryWords(used)} of the ${memoryWords(limit)} of memory that it may.`} />
    </div>
  );
}
