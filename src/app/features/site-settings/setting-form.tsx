/** One setting of the site: its field, what is wrong with what is set, and saving it or going back to the default. */

import { Badge, Button, Group, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { SiteSetting } from "../../../protocol/api-v2-settings.ts";
import { shownValue } from "../../core/setting-groups.ts";
import { decidesQuotas, quotaKeysOf } from "../../core/setting-quotas.ts";
import { useApp } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { tell } from "../../ui/tell.ts";
import { QuotasField } from "./quotas-field.tsx";
import { SettingField } from "./setting-field.tsx";
import { SETTINGS_KEY } from "./settings-key.ts";

export function SettingForm({ setting }: { setting: SiteSetting }) {
  const { name, readonly, isSet } = setting;
  const { field, isChanged, save, reset, leave } = useSetting(setting);
  const keys = quotaKeysOf(name);
  return (
    <form onSubmit={save.submit} className="stack setting">
      {keys === undefined ? <SettingField {...field} /> : <QuotasField {...field} keys={keys} />}
      {readonly && (
        <Text size="xs" c="dimmed">
          The environment fixes it, by COCALC_SETTING_{name.toUpperCase()}: change it there.
        </Text>
      )}
      {!readonly && isChanged && <SaveOrLeave name={name} busy={save.busy} onLeave={leave} />}
      {!readonly && isSet && !isChanged && <IsSet name={name} busy={reset.busy} onReset={reset.run} />}
    </form>
  );
}

/** What is typed into a setting's field, and setting it. */
function useSetting(setting: SiteSetting) {
  const { api } = useApp();
  const queries = useQueryClient();
  const { name, isSecret } = setting;
  const [typed, setTyped] = useState<string>();
  const known = isSecret ? "" : shownValue(setting);
  const set = async (value: string | null) => {
    const { forgotten } = await api("admin/settings/set", { name, value });
    await queries.invalidateQueries({ queryKey: SETTINGS_KEY });
    setTyped(undefined);
    tell(wordsOfSetting(name, value, forgotten));
  };
  const save = useAct(() => set(typed ?? known));
  const reset = useAct(() => set(null));
  const isChanged = typed !== undefined && typed !== known;
  const error = save.error ?? reset.error ?? (isChanged ? undefined : wrongWords(setting));
  const field = { setting, value: typed ?? known, error, onChange: setTyped };
  return { field, isChanged, save, reset, leave: () => setTyped(undefined) };
}

function SaveOrLeave({ name, busy, onLeave }: { name: string; busy: boolean; onLeave: () => void }) {
  return (
    <Group gap="xs">
      <Button type="submit" size="xs" loading={busy} aria-label={`Save ${name}`}>
        Save
      </Button>
      <Button size="xs" variant="default" onClick={onLeave} aria-label={`Leave ${name} as it was`}>
        Cancel
      </Button>
    </Group>
  );
}

function IsSet({ name, busy, onReset }: { name: string; busy: boolean; onReset: () => Promise<void> }) {
  return (
    <Group gap="xs">
      <Badge variant="default">Set here</Badge>
      <Button
        size="xs"
        variant="default"
        loading={busy}
        onClick={() => void onReset()}
        aria-label={`Back to the default of ${name}`}
      >
        Back to the default
      </Button>
    </Group>
  );
}

function wrongWords({ name, problem }: SiteSetting): string | undefined {
  if (problem === null) return undefined;
  return decidesQuotas(name)
    ? `What is set does not count: it ${problem}. What it was before does, where that is still known, and what runs stays as it is.`
    : `What is set does not count, so the default does: it ${problem}.`;
}

function wordsOfSetting(name: string, value: string | null, forgotten: string | null): string {
  const words = value === null ? `${name} has its default again.` : `${name} is set.`;
  if (forgotten === null) return words;
  return `${words} The password ${forgotten} was forgotten, so that it goes nowhere else: type it again.`;
}
