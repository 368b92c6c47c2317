/** Adds somebody to a project, by name or by e-mail address, as a collaborator or as a viewer. */

import { Button, NativeSelect, Paper, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconUserPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { InvitedGroup } from "../../../protocol/project.ts";
import { GROUP_WORDS } from "../../core/project-view.ts";
import { useApp, useProject } from "../../ui/app-context.ts";
import { useAct } from "../../ui/ask.tsx";
import { tell } from "../../ui/tell.ts";
import { ROLES_TO_ADD } from "./member.ts";

interface AddMemberProps {
  members: ReadonlySet<string>;
  onAdded: () => Promise<unknown>;
}

const isEmail = (text: string): boolean => /^\S+@\S+\.\S+$/.test(text);

export function AddMember({ members, onAdded }: AddMemberProps) {
  const { api } = useApp();
  const { project_id } = useProject().project;
  const [text, setText] = useState("");
  const [group, setGroup] = useState<InvitedGroup>("collaborator");
  const [query] = useDebouncedValue(text.trim(), 200);
  const { data } = useQuery({
    queryKey: ["people", query],
    queryFn: async () => (await api("accounts/search", { query, limit: 8 })).accounts,
    enabled: query.length >= 2,
    placeholderData: (before) => before,
  });
  const add = async (who: { account_id: string } | { email_address: string }, name: string) => {
    await api("projects/collaborators/add", { project_id, group, ...who });
    await onAdded();
    setText("");
    tell(`${name} is added as ${GROUP_WORDS[group]}.`);
  };
  const { busy, error, run } = useAct(() => add({ email_address: text.trim() }, text.trim()));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isEmail(text.trim())) void run();
  };
  const people = query.length >= 2 ? (data ?? []).filter(({ account_id }) => !members.has(account_id)) : [];
  return (
    <form onSubmit={submit} className="add-member">
      <TextInput
        label="Add somebody"
        description="Type a name, or an e-mail address and press Add."
        placeholder="Name or e-mail address"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={error}
        autoComplete="off"
      />
      <NativeSelect
        label="As"
        data={ROLES_TO_ADD}
        value={group}
        onChange={(event) => setGroup(event.currentTarget.value as InvitedGroup)}
      />
      <Button
        type="submit"
        loading={busy}
        disabled={!isEmail(text.trim())}
        leftSection={<IconUserPlus size={16} aria-hidden />}
      >
        Add
      </Button>
      <div role="status" className="found-people">
        {query.length >= 2 && data !== undefined && people.length === 0 && !isEmail(query) && (
          <Text size="sm">Nobody by that name can be added. An e-mail address works for everybody.</Text>
        )}
        {people.length > 0 && (
          <Paper withBorder>
            <ul className="rows" aria-label="People found">
              {people.map(({ account_id, first_name, last_name }) => (
                <Person
                  key={account_id}
                  name={`${first_name} ${last_name}`.trim()}
                  add={() => add({ account_id }, `${first_name} ${last_name}`.trim())}
                />
              ))}
            </ul>
          </Paper>
        )}
      </div>
    </form>
  );
}

function Person({ name, add }: { name: string; add: () => Promise<void> }) {
  const { busy, error, run } = useAct(add);
  return (
    <li className="row">
      <Text size="sm" className="row-words">
        {name}
        {error !== undefined && ` – ${error}`}
      </Text>
      <Button size="xs" variant="default" loading={busy} onClick={() => void run()} aria-label={`Add ${name}`}>
        Add
      </Button>
    </li>
  );
}
