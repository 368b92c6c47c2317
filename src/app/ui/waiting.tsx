/** A wait with a name: nothing for a moment, then words beside the wheel. */

import { Group, Loader, Text } from "@mantine/core";
import { useEffect, useState } from "react";

const SHOW_AFTER_MS = 250;

export function Waiting({ children }: { children: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SHOW_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return (
    <Group role="status" gap="sm" p="lg">
      <Loader size="sm" aria-hidden />
      <Text size="sm">{children}</Text>
    </Group>
  );
}
