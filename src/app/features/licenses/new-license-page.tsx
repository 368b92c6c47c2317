/** Makes a licence. */

import { Button, Group, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { emptyForm, formProblems, licenseOfForm } from "../../core/license-form.ts";
import { useApp } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { tell } from "../../ui/tell.ts";
import { LicenseFields } from "./license-fields.tsx";
import { LICENSES_KEY } from "./license-keys.ts";

export function NewLicensePage() {
  const { api } = useApp();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [form, setForm] = useState(() => emptyForm(Date.now()));
  const problems = formProblems(form);
  const isWhole = form.title.trim() !== "" && Object.keys(problems).length === 0;
  const { busy, error, submit } = useAct(async () => {
    const { license_id } = await api("admin/licenses/create", licenseOfForm(form));
    await queries.invalidateQueries({ queryKey: LICENSES_KEY });
    tell("The licence is made. Give it to projects here, or tell its id.");
    await navigate({ to: "/admin/licenses/$licenseId", params: { licenseId: license_id } });
  });
  return (
    <form onSubmit={submit} className="stack" aria-labelledby="new-license">
      <Title order={2} size="h3" id="new-license">
        A new licence
      </Title>
      <LicenseFields form={form} problems={problems} set={(change) => setForm({ ...form, ...change })} />
      {error !== undefined && (
        <p role="alert" className="wrong">
          {error}
        </p>
      )}
      <Group gap="xs">
        <Button type="submit" loading={busy} disabled={!isWhole}>
          Make the licence
        </Button>
        <Button variant="default" component={Link} to="/admin/licenses">
          Cancel
        </Button>
      </Group>
    </form>
  );
}
