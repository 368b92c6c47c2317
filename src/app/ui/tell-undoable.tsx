/** Says what was done, with a button that takes it back. */

import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { tellFailure } from "./tell.ts";

const OFFERED_MS = 10_000;

export function tellUndoable(message: string, undo: () => Promise<unknown>): void {
  const id = crypto.randomUUID();
  const take = () => {
    notifications.hide(id);
    undo().catch((error) => tellFailure("That could not be undone", error));
  };
  notifications.show({
    id,
    autoClose: OFFERED_MS,
    withBorder: true,
    closeButtonProps: { "aria-label": "Dismiss" },
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        <Button size="compact-sm" variant="default" onClick={take}>
          Undo
        </Button>
      </Group>
    ),
  });
}
