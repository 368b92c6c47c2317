/** What a project may use, what it uses now as bars, where each part comes from, and what waits for a restart. */

import { Progress, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { memoryWords, QUOTA_MB } from "../../../domain/quotas/memory-words-rules.ts";
import { runQuota } from "../../../domain/quotas/rules.ts";
import { coresWords } from "../../../domain/quotas/words-rules.ts";
import { formatBytes } from "../../core/format.ts";
import { whyUnknown } from "../../core/quota-preview.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { Section } from "../../ui/section.tsx";
import type { ProjectQuota } from "../../ui/use-project-quota.ts";
import { PendingNotice } from "./pending-quota.tsx";
import { QuotaSources } from "./quota-sources.tsx";

/** `quota` is absent until it is known, and for a viewer. */
export function QuotaView({ quota }: { quota: ProjectQuota | undefined }) {
  const { project, open } = useProject();
  const online = useStore(open.connection.status) === "online";
  const isRunning = project.state?.state === "running";
  const unknown = quota && whyUnknown(quota.inputs);
  const next = !isRunning && unknown === undefined ? quota?.inputs : undefined;
  const has: Record<string, unknown> = (next === undefined ? project.run_quota : runQuota(next)) ?? {};
  const hasNothing = Object.keys(has).length === 0;
  return (
    <Section title="Quota">
      {hasNothing && <Text size="sm">{unknown ?? "The quota is known once the project has been started."}</Text>}
      {!hasNothing && unknown !== undefined && (
        <Text size="sm">
          {unknown} {!isRunning && "At its last start it was given:"}
        </Text>
      )}
      {next !== undefined && <Text size="sm">From its next start on it may use:</Text>}
      {isRunning && quota?.pending_quota && <PendingNotice pending={quota.pending_quota} quota={quota.run_quota} />}
      <Bars quota={has} projectId={open.projectId} online={online} />
      {has.network === false && <Text size="sm">It has no access to the internet.</Text>}
      {quota !== undefined && unknown === undefined && <QuotaSources inputs={quota.inputs} />}
    </Section>
  );
}

interface BarsProps {
  quota: Readonly<Record<string, unknown>>;
  projectId: string;
  online: boolean;
}

function Bars({ quota, projectId, online }: BarsProps) {
  const { open } = useProject();
  const { data: status } = useQuery({
    queryKey: ["status", projectId],
    queryFn: () => open.connection.request("status", {}),
    enabled: online,
    refetchInterval: 10_000,
  });
  const number = (name: string) => (typeof quota[name] === "number" ? quota[name] : undefined);
  const memory = number("memory_limit");
  const now = online ? status : undefined;
  return (
    <>
      <Bar
        label="Memory"
        used={now?.memory.used}
        limit={now?.memory.limit ?? (memory === undefined ? null : memory * QUOTA_MB)}
        words={memoryWords}
      />
      <Bar label="Processor" used={now?.cpu} limit={number("cpu_limit") ?? null} words={coresWords} />
      <Bar
        label="Disk"
        used={now?.disk.used}
        limit={now === undefined ? null : now.disk.used + now.disk.free}
        words={formatBytes}
      />
    </>
  );
}

interface BarProps {
  label: string;
  used: number | undefined;
  limit: number | null;
  words: (value: number) => string;
}

function Bar({ label, used, limit, words }: BarProps) {
  if (used === undefined && limit === null) return null;
  const text =
    used === undefined
      ? `limit ${words(limit ?? 0)}`
      : limit === null
        ? words(used)
        : `${words(used)} of ${words(limit)}`;
  const percent = used === undefined || !limit ? 0 : Math.min(100, (used / limit) * 100);
  return (
    <div>
      <Text size="sm">
        {label}: {text}
      </Text>
      {limit !== null && used !== undefined && (
        <Progress value={percent} color={percent > 90 ? "red" : "indigo"} aria-label={label} />
      )}
    </div>
  );
}
