/** An address that means nothing here. */

import { Anchor, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";

export function NotFound() {
  return (
    <main className="page">
      <Stack gap="xs">
        <Title order={1}>There is no such page</Title>
        <Text>
          The address may have been cut off, or the page may have moved.{" "}
          <Anchor component={Link} to="/projects">
            Go to your projects
          </Anchor>
          .
        </Text>
      </Stack>
    </main>
  );
}
