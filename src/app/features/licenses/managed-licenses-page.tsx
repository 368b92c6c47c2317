/** The licences that one manages: those whom they help need not be administrators for it. */

import { Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useNow } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { Waiting } from "../../ui/waiting.tsx";
import { LICENSES_KEY } from "./license-keys.ts";
import { LicenseRow } from "./license-row.tsx";

export function ManagedLicensesPage() {
  const { api } = useApp();
  const now = useNow(30_000);
  const { data, error, refetch } = useQuery({
    queryKey: [...LICENSES_KEY, "managed"],
    queryFn: async () => (await api("licenses/get-managed", {})).licenses,
  });
  useEffect(() => {
    document.title = "Licences – CoCalc";
  }, []);
  return (
    <main id="content" className="page settings" tabIndex={-1}>
      <Title order={1} size="h2">
        Licences
      </Title>
      <Text size="sm" c="dimmed">
        A licence lets projects use more. Those that you manage are here: see who uses them, and hand them out.
      </Text>
      {error !== null && data === undefined && (
        <Problem title="The licences cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data === undefined && error === null && <Waiting>Reading your licences …</Waiting>}
      {data?.length === 0 && (
        <Text size="sm">
          You manage none. Who has the id of a licence gives it to a project on the project’s own page of settings.
        </Text>
      )}
      <ul className="rows" aria-label="Licences">
        {(data ?? []).map((license) => (
          <LicenseRow key={license.id} license={license} now={now} to="/licenses/$licenseId" />
        ))}
      </ul>
    </main>
  );
}
