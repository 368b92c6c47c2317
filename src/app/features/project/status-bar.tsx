/** The line at the foot of a project: its state, memory, disk and processes, and how the connection is. */

import { Text } from "@mantine/core";
import { IconCloud, IconCloudOff } from "@tabler/icons-react";
import { memoryWords } from "../../../domain/quotas/memory-words-rules.ts";
import { countOf, formatBytes } from "../../core/format.ts";
import type { StateWord } from "../../core/project-view.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { StateBadge } from "../../ui/state-badge.tsx";
import { useStatus } from "./use-status.ts";

export function StatusBar({ state }: { state: StateWord }) {
  const { open } = useProject();
  const connection = useStore(open.connection.status);
  const stopping = useStore(open.connection.stopping);
  const online = connection === "online";
  const status = useStatus();
  return (
    <footer className="status">
      <StateBadge state={stopping && state === "running" ? "stopping" : state} />
      {status !== undefined && (
        <>
          <Meter label="memory" used={status.memory.used} limit={status.memory.limit} show={memoryWords} />
          <Meter label="disk" used={status.disk.used} limit={status.disk.used + status.disk.free} show={formatBytes} />
          <Text size="xs" className="wide">
            {countOf(status.processes, "process", "processes")}
          </Text>
          {status.oomKills > 0 && (
            <Text size="xs" c="var(--mantine-color-error)">
              Ran out of memory {status.oomKills}×
            </Text>
          )}
        </>
      )}
      {state === "running" && (
        <span className="status-connection" role="status">
          {online ? <IconCloud size={14} aria-hidden /> : <IconCloudOff size={14} aria-hidden />}
          {online ? "Connected" : "Connecting to the project …"}
        </span>
      )}
    </footer>
  );
}

const FULL = 0.9;

interface MeterProps {
  label: string;
  used: number;
  limit: number | null;
  show: (bytes: number) => string;
}

function Meter({ label, used, limit, show }: MeterProps) {
  const words = limit === null ? `${label} ${show(used)}` : `${label} ${show(used)} of ${show(limit)}`;
  return (
    <span className={`meter meter-${label}`}>
      {limit !== null && (
        <meter aria-label={label} min={0} max={limit} high={limit * FULL} value={Math.min(used, limit)} />
      )}
      <Text size="xs">{words}</Text>
    </span>
  );
}
