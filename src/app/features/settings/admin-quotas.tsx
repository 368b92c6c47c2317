/** For administrators: what they grant this project beyond what the site gives, and what that would do. */

import { Button, Checkbox, Fieldset, Group, Text, TextInput } from "@mantine/core";
import "@mantine/core/styles/Fieldset.css";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { typedName } from "../../../domain/quotas/words-rules.ts";
import {
  type AdminForm,
  AMOUNTS,
  adminChange,
  adminFormOf,
  adminProblems,
  FLAGS,
  settingsWith,
} from "../../core/admin-quotas.ts";
import { stateWord } from "../../core/project-view.ts";
import { previewOf } from "../../core/quota-preview.ts";
import { useApp, useProject } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { QuotaChangeList } from "../../ui/quota-change-list.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";
import { type ProjectQuota, quotaKey } from "../../ui/use-project-quota.ts";

export function AdminQuotas({ quota: { inputs } }: { quota: ProjectQuota }) {
  const { project } = useProject();
  const { form, problems, isSame, set, leave, act } = useGrants(inputs);
  const isWrong = Object.keys(problems).length > 0;
  return (
    <Section title="For administrators">
      <Text size="sm">
        What you grant here counts beside what the site and licences give, and may be beyond the site’s limits. It is
        recorded with your name.
      </Text>
      <form onSubmit={act.submit} className="stack">
        <AdminFields form={form} problems={problems} onChange={set} />
        {!isSame && !isWrong && (
          <QuotaChangeList
            changes={previewOf(inputs, { settings: settingsWith(inputs.settings, form) })}
            label="What it would do"
            isRunning={stateWord(project, Date.now()) === "running"}
            nothing="The project could use just as much as it can now."
          />
        )}
        {act.error !== undefined && (
          <p role="alert" className="wrong">
            {act.error}
          </p>
        )}
        <Group gap="xs">
          <Button type="submit" loading={act.busy} disabled={isSame || isWrong}>
            Set the quota
          </Button>
          {!isSame && (
            <Button variant="default" onClick={leave}>
              Leave it as it was
            </Button>
          )}
        </Group>
      </form>
    </Section>
  );
}

/** What is typed, what is wrong with it, and granting it. */
function useGrants({ settings }: ProjectQuota["inputs"]) {
  const { api } = useApp();
  const queries = useQueryClient();
  const { project_id } = useProject().project;
  const known = adminFormOf(settings);
  const [typed, setTyped] = useState<AdminForm>();
  const form = typed ?? known;
  const change = adminChange(form, known);
  const act = useAct(async () => {
    await api("projects/set-admin-quotas", { project_id, ...change });
    await queries.invalidateQueries({ queryKey: quotaKey(project_id) });
    setTyped(undefined);
    tell("The quota is set.");
  });
  const isSame = Object.keys(change).length === 0;
  return { form, problems: adminProblems(form), isSame, set: setTyped, leave: () => setTyped(undefined), act };
}

interface AdminFieldsProps {
  form: AdminForm;
  problems: ReturnType<typeof adminProblems>;
  onChange: (form: AdminForm) => void;
}

function AdminFields({ form, problems, onChange }: AdminFieldsProps) {
  return (
    <Fieldset legend="Granted to this project" className="fields">
      {AMOUNTS.map(({ name }) => (
        <TextInput
          key={name}
          label={typedName(name)}
          inputMode="decimal"
          autoComplete="off"
          value={form[name]}
          error={problems[name]}
          onChange={(event) => onChange({ ...form, [name]: event.currentTarget.value })}
        />
      ))}
      <TextInput
        label="Pool of machines"
        description="Name of a pool, as machines are labelled; whatever licences and image say."
        spellCheck={false}
        autoComplete="off"
        maxLength={63}
        value={form.pool}
        error={problems.pool}
        onChange={(event) => onChange({ ...form, pool: event.currentTarget.value })}
      />
      {FLAGS.map(({ name, label }) => (
        <Checkbox
          key={name}
          label={label}
          checked={form[name]}
          onChange={(event) => onChange({ ...form, [name]: event.currentTarget.checked })}
        />
      ))}
    </Fieldset>
  );
}
