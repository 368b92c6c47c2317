/** Changes a licence: what runs with it has what it says by then, without a restart where the cluster can do so. */

import { Button, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ManagedLicense } from "../../../protocol/api-v2-licenses.ts";
import { changeOfForm, formOf, formProblems, type LicenseForm } from "../../core/license-form.ts";
import { useApp } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";
import { LicenseFields } from "./license-fields.tsx";
import { LICENSES_KEY } from "./license-keys.ts";

export function ChangeLicense({ license }: { license: ManagedLicense }) {
  const { form, problems, isOldStyle, isSame, set, leave, act } = useChange(license);
  return (
    <Section title="Change it">
      <Text size="sm">
        Projects that run with it get more or less at once, without a restart where the cluster can do so; memory that
        is in use is not taken from them. The change is recorded with your name.
      </Text>
      <form onSubmit={act.submit} className="stack">
        <LicenseFields form={form} problems={problems} isOldStyle={isOldStyle} set={set} />
        {isOldStyle && (
          <Text size="sm">
            It is of the old style: what it adds is changed by the API, as `upgrades` of admin/licenses/update.
          </Text>
        )}
        {act.error !== undefined && (
          <p role="alert" className="wrong">
            {act.error}
          </p>
        )}
        <Group gap="xs">
          <Button type="submit" loading={act.busy} disabled={isSame || Object.keys(problems).length > 0}>
            Save the changes
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

/** What is typed, what of it is another than before, and saving that. */
function useChange(license: ManagedLicense) {
  const { api } = useApp();
  const queries = useQueryClient();
  const [typed, setTyped] = useState<LicenseForm>();
  const form = typed ?? formOf(license);
  const isOldStyle = license.quota === null && license.upgrades !== null;
  const { quota, ...others } = changeOfForm(form, license);
  const change = isOldStyle || quota === undefined ? others : { ...others, quota };
  const act = useAct(async () => {
    await api("admin/licenses/update", { license_id: license.id, ...change });
    await queries.invalidateQueries({ queryKey: LICENSES_KEY });
    setTyped(undefined);
    tell("The licence is changed.");
  });
  return {
    form,
    problems: formProblems(form),
    isOldStyle,
    isSame: Object.keys(change).length === 0,
    set: (part: Partial<LicenseForm>) => setTyped({ ...form, ...part }),
    leave: () => setTyped(undefined),
    act,
  };
}
