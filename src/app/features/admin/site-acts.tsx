/** For administrators: what they may do to accounts and projects of the site. Each act is recorded, and asks for the password. */

import { Button, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useApp } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { Section } from "../../ui/section.tsx";
import { tell } from "../../ui/tell.ts";

export function SiteActs() {
  const { api } = useApp();
  return (
    <Section title="Administration of this site">
      <Text size="sm">Each of these is recorded with your name.</Text>
      <Act
        verb="Make an administrator"
        fields={["E-mail address of an account"]}
        act={async ([email_address = ""]) => {
          await api("admin/grant", { email_address });
          return `${email_address} is an administrator.`;
        }}
      />
      <Act
        verb="Hand over"
        fields={["Id of a project without an owner", "E-mail address of its new owner"]}
        act={async ([project_id = "", email_address = ""]) => {
          await api("admin/hand-over", { project_id, email_address });
          return `${email_address} owns the project.`;
        }}
      />
      <Act
        verb="Stop by force"
        fields={["Id of a project whose machine is off"]}
        act={async ([project_id = ""]) => {
          await api("admin/force-stop", { project_id });
          return "What runs of the project is removed from the cluster.";
        }}
      />
    </Section>
  );
}

interface ActProps {
  verb: string;
  /** The labels of what it takes. */
  fields: readonly string[];
  /** Does it, and says what is so now. */
  act: (values: string[]) => Promise<string>;
}

function Act({ verb, fields, act }: ActProps) {
  const [values, setValues] = useState(fields.map(() => ""));
  const { busy, error, submit } = useAct(async () => {
    tell(await act(values.map((value) => value.trim())));
    setValues(fields.map(() => ""));
  });
  return (
    <form onSubmit={submit} className="stack">
      {fields.map((label, index) => (
        <TextInput
          key={label}
          label={label}
          autoComplete="off"
          spellCheck={false}
          value={values[index] ?? ""}
          onChange={(event) => setValues(values.with(index, event.currentTarget.value))}
          error={index === fields.length - 1 ? error : undefined}
        />
      ))}
      <Button type="submit" loading={busy} disabled={values.some((value) => value.trim() === "")}>
        {verb}
      </Button>
    </form>
  );
}
