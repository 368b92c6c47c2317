/** Ends this session, or all of them. */

import { Button, Group } from "@mantine/core";
import { useState } from "react";
import { useApp } from "../../ui/app-context.ts";
import { Confirm } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";

export function SignOut() {
  const { api, site } = useApp();
  const [everywhere, setEverywhere] = useState<boolean>();
  const signOut = async () => {
    await api("accounts/sign-out", { all: everywhere === true });
    window.location.assign(`${site.base}/`);
  };
  return (
    <Section title="Sessions">
      <Group>
        <Button variant="default" onClick={() => setEverywhere(false)}>
          Sign out here
        </Button>
        <Button variant="default" onClick={() => setEverywhere(true)}>
          Sign out everywhere
        </Button>
      </Group>
      {everywhere !== undefined && (
        <Confirm
          title={everywhere ? "Sign out everywhere?" : "Sign out here?"}
          verb="Sign out"
          onClose={() => setEverywhere(undefined)}
          onConfirm={signOut}
        >
          {everywhere
            ? "Every browser that is signed in to this account is signed out within seconds."
            : "Your projects run on."}
        </Confirm>
      )}
    </Section>
  );
}
