/** Every setting of the site with what it means: found by typing, changed one at a time. */

import { Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { countOf } from "../../core/format.ts";
import { wordsOf } from "../../core/request-error.ts";
import { groupedSettings } from "../../core/setting-groups.ts";
import { useApp } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";
import { Waiting } from "../../ui/waiting.tsx";
import { SettingForm } from "./setting-form.tsx";
import { SETTINGS_KEY } from "./settings-key.ts";

export function SiteSettingsPage() {
  const { api } = useApp();
  const [search, setSearch] = useState("");
  const wanted = useDeferredValue(search);
  const { data, error, refetch } = useQuery({
    queryKey: SETTINGS_KEY,
    queryFn: () => api("admin/settings/list", {}),
  });
  const groups = useMemo(() => groupedSettings(data?.settings ?? [], wanted), [data, wanted]);
  const count = groups.reduce((sum, { settings }) => sum + settings.length, 0);
  return (
    <>
      <Text size="sm">
        A change is in force within a second, everywhere, and is recorded with your name. Programs and the environment
        can set the same settings.
      </Text>
      <div className="filters">
        <TextInput
          type="search"
          aria-label="Search settings"
          placeholder="Search by name or meaning"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      {error !== null && data === undefined && (
        <Problem title="The settings cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data === undefined && error === null && <Waiting>Reading the settings …</Waiting>}
      <Text size="sm" c="dimmed" role="status" className="count">
        {data === undefined ? "" : countOf(count, "setting")}
      </Text>
      {groups.map(({ heading, settings }) => (
        <Section key={heading} title={heading}>
          {settings.map((setting) => (
            <SettingForm key={setting.name} setting={setting} />
          ))}
        </Section>
      ))}
    </>
  );
}
