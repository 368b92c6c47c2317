/** Changes a licence: what runs with it has what it says by then, without a restart where the cluster can do so. */

import { Button, Checkbox, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { gainedForFew } from "../../../domain/licenses/reach-rules.ts";
import type { ManagedLicense } from "../../../protocol/api-v2-licenses.ts";
import { changeOfForm, changeProblems, formOf, type LicenseForm } from "../../core/license-form.ts";
import { useApp } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";
import { LicenseFields } from "./license-fields.tsx";
import { LICENSES_KEY } from "./license-keys.ts";

export function ChangeLicense({ license }: { license: ManagedLicense }) {
  const { form, problems, isOldStyle, isSame, reached, also, set, leave, act } = useChange(license);
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
        {reached > 0 && (
          <Checkbox
            label={`Also for the ${reached === 1 ? "project that has" : `${reached} projects that have`} it already`}
            description="While it was open anybody who knew its id could take it. Look above at which they are, deleted ones included."
            checked={also.isTicked}
            onChange={(event) => also.tick(event.currentTarget.checked)}
          />
        )}
        {act.error !== undefined && (
          <p role="alert" className="wrong">
            {act.error}
          </p>
        )}
        <Group gap="xs">
          <Button
            type="submit"
            loading={act.busy}
            disabled={isSame || Object.keys(problems).length > 0 || (reached > 0 && !also.isTicked)}
          >
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
  const [alsoFor, setAlsoFor] = useState(0);
  const form = typed ?? formOf(license);
  const isOldStyle = license.quota === null && license.upgrades !== null;
  const { quota, ...others } = changeOfForm(form, license);
  const isOtherQuota = !isOldStyle && quota !== undefined;
  const change = isOtherQuota ? { ...others, quota } : others;
  const reached = isOtherQuota && gainedForFew(license.quota, quota).length > 0 ? license.projects : 0;
  const isTicked = reached > 0 && alsoFor === reached; // of as many as are told now
  const leave = () => {
    setTyped(undefined);
    setAlsoFor(0);
  };
  const act = useAct(async () => {
    await api("admin/licenses/update", { license_id: license.id, ...change, ...(isTicked && { also_for: reached }) });
    await queries.invalidateQueries({ queryKey: LICENSES_KEY });
    leave();
    tell("The licence is changed.");
  });
  return {
    form,
    problems: changeProblems(form, license),
    isOldStyle,
    isSame: Object.keys(change).length === 0,
    reached,
    also: { isTicked, tick: (on: boolean) => setAlsoFor(on ? reached : 0) },
    set: (part: Partial<LicenseForm>) => setTyped({ ...form, ...part }),
    leave,
    act,
  };
}
