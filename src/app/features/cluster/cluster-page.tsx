/** For administrators: the queue of starts and the nodes, as the roles that see the cluster tell them. */

import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { isOld, notCountedWords, queueWords } from "../../core/cluster-view.ts";
import { countOf, formatAgo } from "../../core/format.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useNow } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";
import { ClusterNode } from "./cluster-node.tsx";

const EVERY_MS = 5_000;

export function ClusterPage() {
  const { api } = useApp();
  const now = useNow(1_000);
  const { data, error, refetch } = useQuery({
    queryKey: ["cluster"],
    queryFn: () => api("admin/cluster", {}),
    refetchInterval: EVERY_MS,
  });
  const { nodes, queue } = data ?? {};
  const notCounted = nodes && !nodes.refused ? notCountedWords(nodes.all_pods) : undefined;
  return (
    <>
      {error !== null && (
        <Problem title="The cluster cannot be told" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data !== undefined && (
        <Section title="Queue of starts">
          <Text size="sm">{queue ? queueWords(queue) : "manage-action has not told of it yet."}</Text>
          {queue && <Told of="manage-action" told={queue} now={now} />}
        </Section>
      )}
      {data !== undefined && (
        <Section title="Nodes">
          {!nodes && <Text size="sm">manage-state has not told of them yet.</Text>}
          {nodes?.refused === true && (
            <Text size="sm">
              manage-state may not see the nodes, so none is shown and starts are not counted by them. Give its account
              a ClusterRole with get, list and watch of nodes, as docs/reference/roles.md says.
            </Text>
          )}
          {notCounted !== undefined && (
            <Text size="sm" c="dimmed">
              {notCounted}
            </Text>
          )}
          {nodes?.nodes.map((node) => (
            <ClusterNode key={node.name} node={node} />
          ))}
          {nodes && nodes.left_out > 0 && <Text size="sm">{countOf(nodes.left_out, "further node")} not shown.</Text>}
          {nodes && <Told of="manage-state" told={nodes} now={now} />}
        </Section>
      )}
    </>
  );
}

function Told({ of, told, now }: { of: string; told: { time: string }; now: number }) {
  if (!isOld(told, now)) {
    return (
      <Text size="xs" c="dimmed">
        Told {formatAgo(told.time, now)}.
      </Text>
    );
  }
  return (
    <Problem title={`This was told ${formatAgo(told.time, now)}`}>
      See whether {of} runs and reaches the cluster: cocalc-k8s doctor.
    </Problem>
  );
}
