/** Ends a licence now, or lets an ended one go on. */

import { Button, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ManagedLicense } from "../../../protocol/api-v2-licenses.ts";
import type { EndpointInput } from "../../../protocol/api-v2-table.ts";
import { countOf } from "../../core/format.ts";
import { type Force, forceOf, licenseName } from "../../core/license-view.ts";
import { useApp, useNow } from "../../ui/app-context.ts";
import { Confirm } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";
import { tellUndoable } from "../../ui/tell-undoable.tsx";
import { LICENSES_KEY } from "./license-keys.ts";

const WORDS: Record<Force, string> = {
  "in-force":
    "From then on it gives nothing to projects that start. Those that run keep what they have until their next start.",
  later: "It has not begun, and does not begin then: its beginning is taken back.",
  ended: "It has ended. Give it another end above to let it go on.",
};
const NEVER_BEGAN = "It has ended and never began. Give it a beginning and another end above to let it begin.";

export function EndLicense({ license }: { license: ManagedLicense }) {
  const { api } = useApp();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const force = forceOf(license, useNow(1_000));
  const { activates, expires } = license;
  const change = async (term: Pick<EndpointInput<"admin/licenses/update">, "activates" | "expires">) => {
    await api("admin/licenses/update", { license_id: license.id, ...term });
    await queries.invalidateQueries({ queryKey: LICENSES_KEY });
  };
  const end = async () => {
    const now = new Date().toISOString();
    await change(force === "later" ? { activates: null, expires: now } : { expires: now });
    tellUndoable(`“${licenseName(license)}” has ended.`, () =>
      change(force === "later" ? { activates, expires } : { expires }),
    );
  };
  return (
    <Section title="End it">
      <Text size="sm">{activates === null && force === "ended" ? NEVER_BEGAN : WORDS[force]}</Text>
      {force !== "ended" && (
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
          onConfirm={end}
        >
          {countOf(license.running, "project runs", "projects run")} with it now, and{" "}
          {countOf(license.projects, "project has it", "projects have it")}.
        </Confirm>
      )}
    </Section>
  );
}
