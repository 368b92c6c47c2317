/** What a project may use, and what it uses now, as bars. */

import { Progress, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { formatBytes, formatDuration } from "../../core/format.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { Section } from "../../ui/section.tsx";

const MB = 1_000_000;

export function QuotaView() {
  const { project, open } = useProject();
  const online = useStore(open.connection.status) === "online";
  const { data: status } = useQuery({
    queryKey: ["status", open.projectId],
    queryFn: () => open.connection.request("status", {}),
    enabled: online,
    refetchInterval: 10_000,
  });
  const quota = project.run_quota ?? {};
  const number = (name: string) => (typeof quota[name] === "number" ? quota[name] : undefined);
  const memory = number("memory_limit");
  const cpu = number("cpu_limit");
  const idle = number("idle_timeout");
  const memoryLimit = status?.memory.limit ?? (memory === undefined ? null : memory * MB);
  return (
    <Section title="Quota">
      {Object.keys(quota).length === 0 && <Text size="sm">The quota is known once the project has been started.</Text>}
      <Bar label="Memory" used={status?.memory.used} limit={memoryLimit} words={formatBytes} />
      <Bar
        label="Processor"
        used={status?.cpu}
        limit={cpu ?? null}
        words={(cores) => `${Math.round(cores * 100) / 100} cores`}
      />
      <Bar
        label="Disk"
        used={status?.disk.used}
        limit={status === undefined ? null : status.disk.used + status.disk.free}
        words={formatBytes}
      />
      {idle !== undefined && quota.always_running !== true && (
        <Text size="sm">It stops by itself after {formatDuration(idle * 1_000)} in which nobody works in it.</Text>
      )}
      {quota.always_running === true && <Text size="sm">It is kept running.</Text>}
      {quota.network === false && <Text size="sm">It has no access to the internet.</Text>}
    </Section>
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
