/** Tells in a project that one of its licences ends within a day, and what the project has without it. */

import { CloseButton, Text } from "@mantine/core";
import { IconClockHour4 } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { formatMoment, formatUntil } from "../../core/format.ts";
import { endingSoon, licenseName } from "../../core/license-view.ts";
import { previewOfRemoving } from "../../core/quota-preview.ts";
import { useNow, useProject } from "../../ui/app-context.ts";
import { useProjectQuota } from "../../ui/use-project-quota.ts";

/** Ends that are a day away need no question at every change. */
const STALE_MS = 300_000;

export function EndingLicense() {
  const { project } = useProject();
  const now = useNow(60_000);
  const { data } = useProjectQuota({ live: false, staleMs: STALE_MS });
  const [dismissed, setDismissed] = useState(false);
  const [soonest] = endingSoon(data?.inputs.licenses.flatMap(({ license }) => license ?? []) ?? [], now);
  if (data === undefined || soonest?.expires == null || dismissed) return null;
  const lost = previewOfRemoving(data.inputs, soonest.id)?.filter(({ lower }) => lower) ?? [];
  return (
    <div className="warning ending-license" role="status">
      <IconClockHour4 size={18} aria-hidden />
      <Text size="sm">
        <span title={formatMoment(soonest.expires)}>
          The licence “{licenseName(soonest)}” ends {formatUntil(soonest.expires, now)}.
        </span>{" "}
        {lost.length > 0 &&
          `A start after that gives the project less: ${lost
            .map(({ name, after }) => `${name.toLowerCase()} ${after}`)
            .join(", ")}. `}
        <Link to="/projects/$projectId/settings" params={{ projectId: project.project_id }}>
          Its licences
        </Link>
      </Text>
      <CloseButton size="sm" aria-label="Do not show this any more" onClick={() => setDismissed(true)} />
    </div>
  );
}
