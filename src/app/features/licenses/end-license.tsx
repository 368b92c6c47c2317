/** Ends a licence now, or lets an ended one go on. */

import { Button, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ManagedLicense } from "../../../protocol/api-v2-licenses.ts";
import { countOf } from "../../core/format.ts";
import { forceOf, licenseName } from "../../core/license-view.ts";
import { useApp, useNow } from "../../ui/app-context.ts";
import { Confirm } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";
import { tellUndoable } from "../../ui/tell-undoable.tsx";
import { LICENSES_KEY } from "./license-keys.ts";

export function EndLicense({ license }: { license: ManagedLicense }) {
  const { api } = useApp();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const hasEnded = forceOf(license, useNow(1_000)) === "ended";
  const endAt = async (expires: string | null) => {
    await api("admin/licenses/update", { license_id: license.id, expires });
    await queries.invalidateQueries({ queryKey: LICENSES_KEY });
  };
  return (
    <Section title="End it">
      <Text size="sm">
        {hasEnded
          ? "It has ended. Give it another end above to let it go on."
          : "From then on it gives nothing to projects that start. Those that run keep what they have until their next start."}
      </Text>
      {!hasEnded && (
        <Button color="red" variant="outline" className="danger" onClick={() => setAsking(true)}>
          End it now
        </Button>
      )}
      {asking && (
        <Confirm
          title={`End “${licenseName(license)}” now?`}
          verb="End it"
          danger
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await endAt(new Date().toISOString());
            tellUndoable(`“${licenseName(license)}” has ended.`, () => endAt(license.expires));
          }}
        >
          {countOf(license.running, "project runs", "projects run")} with it now, and{" "}
          {countOf(license.projects, "project has it", "projects have it")}.
        </Confirm>
      )}
    </Section>
  );
}
