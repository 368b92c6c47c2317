/** Adds a licence to a project, by its id or from those that one manages, and says before what it would do. */

import { Button, NativeSelect, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { uuid } from "../../../protocol/common.ts";
import type { SiteLicense } from "../../../protocol/licenses.ts";
import { givesWords, licenseName, termWords, usedWords } from "../../core/license-view.ts";
import { stateWord } from "../../core/project-view.ts";
import { asGiven, previewOfAdding } from "../../core/quota-preview.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useProject } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { QuotaChangeList } from "../../ui/quota-change-list.tsx";
import { tell } from "../../ui/tell.ts";
import { type ProjectQuota, quotaKey } from "../../ui/use-project-quota.ts";

export function AddLicense({ inputs }: { inputs: ProjectQuota["inputs"] }) {
  const { api } = useApp();
  const [text, setText] = useState("");
  const id = uuid.safeParse(text.trim().toLowerCase()).data;
  const hasIt = inputs.licenses.some((license) => license.id === id);
  const managed = useManaged(inputs);
  const { data, error } = useQuery({
    queryKey: ["licenses", "by-id", id],
    queryFn: async () => (await api("licenses/get-license", { license_id: id ?? "" })).license,
    enabled: id !== undefined && !hasIt,
  });
  return (
    <div className="stack">
      {managed.length > 0 && (
        <NativeSelect
          label="Add a licence that you manage"
          data={[
            { value: "", label: "Choose one" },
            ...managed.map((license) => ({ value: license.id, label: licenseName(license) })),
          ]}
          value={managed.some((license) => license.id === id) ? id : ""}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      )}
      <TextInput
        label="Add a licence by its id"
        description="Whoever gave you the licence told you its id."
        placeholder="00000000-0000-0000-0000-000000000000"
        value={text}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setText(event.currentTarget.value)}
        error={problemOf({ text, id, hasIt, error })}
      />
      {data !== undefined && !hasIt && data.id === id && (
        <Preview license={data} inputs={inputs} onAdded={() => setText("")} />
      )}
    </div>
  );
}

/** The licences that the reader manages and the project has not. */
function useManaged({ licenses }: ProjectQuota["inputs"]): readonly SiteLicense[] {
  const { api } = useApp();
  const { data } = useQuery({
    queryKey: ["licenses", "managed"],
    queryFn: async () => (await api("licenses/get-managed", {})).licenses,
  });
  return (data ?? []).filter(({ id }) => !licenses.some((license) => license.id === id));
}

interface Typed {
  text: string;
  id: string | undefined;
  hasIt: boolean;
  error: Error | null;
}

function problemOf({ text, id, hasIt, error }: Typed): string | undefined {
  if (text.trim() === "") return undefined;
  if (id === undefined) return "The id of a licence has 32 digits and letters in five groups.";
  if (hasIt) return "The project has this licence.";
  return error === null ? undefined : wordsOf(error);
}

interface PreviewProps {
  license: SiteLicense;
  inputs: ProjectQuota["inputs"];
  onAdded: () => void;
}

function Preview({ license, inputs, onAdded }: PreviewProps) {
  const { api } = useApp();
  const queries = useQueryClient();
  const { project } = useProject();
  const { busy, error, run } = useAct(async () => {
    await api("projects/add-license", { project_id: project.project_id, license_id: license.id });
    await queries.invalidateQueries({ queryKey: quotaKey(project.project_id) });
    tell(`The project has “${licenseName(license)}”.`);
    onAdded();
  });
  const now = Date.now();
  const changes = previewOfAdding(inputs, license, now);
  const { reason } = asGiven(license, now);
  const isRunning = stateWord(project, now) === "running";
  return (
    <section className="stack preview" aria-label={`What ${licenseName(license)} would do`}>
      <Text size="sm">
        <strong>{licenseName(license)}</strong> gives {givesWords(license).join(", ") || "nothing"}.{" "}
        {termWords(license, now)} {usedWords(license)}.
      </Text>
      {reason !== undefined && (
        <Text size="sm">{reason} The project may have it, and it counts once that changes.</Text>
      )}
      {changes?.some(({ lower }) => lower) && (
        <div role="alert" className="warning">
          <IconAlertTriangle size={18} aria-hidden />
          <Text size="sm">
            <strong>It would have less of something.</strong> Licences of different kinds do not add up: this one is of
            a kind that goes before those that the project has.
          </Text>
        </div>
      )}
      <QuotaChangeList
        changes={changes}
        label="What it would do"
        isRunning={isRunning}
        nothing="The project could use just as much as it can now."
      />
      {error !== undefined && (
        <p role="alert" className="wrong">
          {error}
        </p>
      )}
      <Button loading={busy} onClick={() => void run()}>
        Add the licence
      </Button>
    </section>
  );
}
