/** A running project that does not have its quota yet: why, what a restart would bring, and the restart. */

import { Button, Text } from "@mantine/core";
import { toldChanges } from "../../../domain/quotas/words-rules.ts";
import { type PendingQuota, type PendingReason, runQuota } from "../../../protocol/quotas.ts";
import { useApp, useProject } from "../../ui/app-context.ts";
import { QuotaChangeList } from "../../ui/quota-change-list.tsx";
import type { ProjectQuota } from "../../ui/use-project-quota.ts";

/** For these there is nothing to do but to wait. */
const GOES_ON: ReadonlySet<PendingReason> = new Set(["under_way"]);

interface PendingNoticeProps {
  pending: PendingQuota;
  /** What it has. */
  quota: ProjectQuota["run_quota"];
}

export function PendingNotice({ pending, quota }: PendingNoticeProps) {
  const app = useApp();
  const { project } = useProject();
  const now = runQuota.safeParse(quota);
  const changes = now.success ? toldChanges(now.data, pending.quota) : [];
  if (now.success && changes.length === 0) return null; // it differs in nothing that counts
  const restart = () => app.ending.set({ projectId: project.project_id, title: project.title, action: "restart" });
  return (
    <div role="status" className="notice stack">
      <Text size="sm" fw={600}>
        Its quota is another one by now
      </Text>
      <Text size="sm">{pending.message}</Text>
      <QuotaChangeList changes={changes} label="What a restart would bring" />
      {pending.kubernetes_reason !== null && (
        <details>
          <summary>Details</summary>
          <Text size="xs">{pending.kubernetes_reason}</Text>
        </details>
      )}
      {!GOES_ON.has(pending.reason) && (
        <Button size="xs" variant="default" onClick={restart}>
          Restart the project
        </Button>
      )}
    </div>
  );
}
