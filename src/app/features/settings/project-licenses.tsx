/** The licences of a project: what each gives and what became of it, taking one away, adding one. */

import { Button, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { LicenseOfProject } from "../../../protocol/api-v2-quotas.ts";
import type { LicenseStatus } from "../../../protocol/licenses.ts";
import { givesWords, licenseName, STATUS_WORDS, termWords } from "../../core/license-view.ts";
import { mayIn, stateWord } from "../../core/project-view.ts";
import { previewOfRemoving } from "../../core/quota-preview.ts";
import { useApp, useNow, useProject, useStore } from "../../ui/app-context.ts";
import { Confirm } from "../../ui/ask.tsx";
import { QuotaChangeList } from "../../ui/quota-change-list.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";
import { type ProjectQuota, quotaKey } from "../../ui/use-project-quota.ts";
import { AddLicense } from "./add-license.tsx";

export function ProjectLicenses({ quota: { inputs } }: { quota: ProjectQuota }) {
  const { project } = useProject();
  const isOwner = mayIn(project, useStore(useApp().hub.account), "own");
  const [removing, setRemoving] = useState<LicenseOfProject>();
  return (
    <Section title="Licences">
      {inputs.licenses.length === 0 && <Text size="sm">It has none. A licence lets it use more.</Text>}
      <ul className="rows" aria-label="Licences of this project">
        {inputs.licenses.map((given) => (
          <Given
            key={given.id}
            given={given}
            {...(isOwner && !project.deleted && { onRemove: () => setRemoving(given) })}
          />
        ))}
      </ul>
      {isOwner && !project.deleted && <AddLicense inputs={inputs} />}
      {!isOwner && <Text size="sm">Only an owner of the project adds and removes licences.</Text>}
      {removing !== undefined && <Removing inputs={inputs} given={removing} onClose={() => setRemoving(undefined)} />}
    </Section>
  );
}

function Given({ given, onRemove }: { given: LicenseOfProject; onRemove?: () => void }) {
  const now = useNow(30_000);
  const { license, status = "valid", last } = given;
  const name = licenseName(given);
  const reason = license === null || !SAID_BY_TERM.has(status) ? (given.reason ?? lastReason(given)) : undefined;
  const word = STATUS_WORDS[status === "valid" ? (last.status ?? "valid") : status];
  return (
    <li className="row">
      <div className="row-words">
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {word}
          {reason !== undefined && `: ${reason}`}
        </Text>
        {license !== null && (
          <Text size="xs" c="dimmed">
            Gives {givesWords(license).join(", ") || "nothing"}. {termWords(license, now)}
          </Text>
        )}
      </div>
      {onRemove !== undefined && (
        <Button size="xs" variant="default" onClick={onRemove} aria-label={`Remove ${name}`}>
          Remove
        </Button>
      )}
    </li>
  );
}

/** Of these the words about its term say why. */
const SAID_BY_TERM: ReadonlySet<LicenseStatus> = new Set(["expired", "future"]);

/** What was said of it at the last start, if that is how it is now. */
function lastReason({ status = "valid", last }: LicenseOfProject): string | undefined {
  return last.status === status || status === "valid" ? last.reason : undefined;
}

interface RemovingProps {
  inputs: ProjectQuota["inputs"];
  given: LicenseOfProject;
  onClose: () => void;
}

function Removing({ inputs, given, onClose }: RemovingProps) {
  const { api } = useApp();
  const queries = useQueryClient();
  const { project } = useProject();
  const isRunning = stateWord(project, Date.now()) === "running";
  return (
    <Confirm
      title={`Remove the licence “${licenseName(given)}”?`}
      verb="Remove"
      danger
      onClose={onClose}
      onConfirm={async () => {
        await api("projects/remove-license", { project_id: project.project_id, license_id: given.id });
        await queries.invalidateQueries({ queryKey: quotaKey(project.project_id) });
        tell("The licence is removed.");
      }}
    >
      <QuotaChangeList
        changes={previewOfRemoving(inputs, given.id)}
        label="What it would do"
        isRunning={isRunning}
        nothing="The project can use just as much without it."
      />
    </Confirm>
  );
}
