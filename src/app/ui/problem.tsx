/** A failure in words: what happened, what to do, and the machine's own words folded away. */

import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";

interface ProblemProps {
  title: string;
  children?: ReactNode;
  /** Words for whoever can use them. */
  details?: string | null | undefined;
  onRetry?: (() => void) | undefined;
  retryLabel?: string;
  action?: ReactNode;
}

export function Problem({ title, children, details, onRetry, retryLabel = "Try again", action }: ProblemProps) {
  return (
    <Alert
      color="red"
      variant="light"
      title={title}
      icon={<IconAlertTriangle aria-hidden />}
      role="alert"
      className="problem"
    >
      <Stack gap="xs">
        {children !== undefined && <Text size="sm">{children}</Text>}
        {details && (
          <details>
            <summary>Details</summary>
            <Code block>{details}</Code>
          </details>
        )}
        {(onRetry !== undefined || action !== undefined) && (
          <Group gap="xs">
            {onRetry !== undefined && (
              <Button size="xs" variant="default" onClick={onRetry}>
                {retryLabel}
              </Button>
            )}
            {action}
          </Group>
        )}
      </Stack>
    </Alert>
  );
}
