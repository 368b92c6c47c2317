/** One node: whether it takes projects, and how much of it is asked for. */

import { Badge, Group, Progress, Stack, Text } from "@mantine/core";
import type { NodeSummary } from "../../../protocol/cluster.ts";
import { fillingsOf, labelsOf, troublesOf } from "../../core/cluster-view.ts";
import { countOf } from "../../core/format.ts";

export function ClusterNode({ node }: { node: NodeSummary }) {
  const troubles = troublesOf(node);
  const labels = labelsOf(node);
  return (
    <Stack component="article" gap={4} aria-label={`Node ${node.name}`}>
      <Group gap="xs">
        <Text fw={600}>{node.name}</Text>
        <Badge variant="default">{node.ready ? (node.schedulable ? "Ready" : "Closed") : "Not ready"}</Badge>
      </Group>
      {troubles.length > 0 && <Text size="sm">{troubles.join("; ")}.</Text>}
      {fillingsOf(node).map(({ what, words, percent }) => (
        <div key={what}>
          <Text size="xs">
            {what}: {words}
          </Text>
          <Progress value={percent} color={percent > 90 ? "red" : "indigo"} aria-label={`${what} of ${node.name}`} />
        </div>
      ))}
      {(labels.length > 0 || node.images.length > 0) && (
        <details>
          <summary>
            {countOf(node.images.length + node.images_left_out, "image")}, {countOf(labels.length, "label")}
          </summary>
          <ul>
            {[...labels, ...node.images].map((words) => (
              <li key={words}>
                <Text size="xs" style={{ overflowWrap: "anywhere" }}>
                  {words}
                </Text>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Stack>
  );
}
