/** What a licence gives to a project, as most licences do, and of which kind it is. */

import { Checkbox, Fieldset, NativeSelect, Text, TextInput } from "@mantine/core";
import type { FieldsProps } from "./fields-props.ts";

const AMOUNTS = [
  ["ram", "Memory (GB)", "As much as it may use."],
  ["dedicated_ram", "Memory set aside (GB)", "Added to the memory beside it."],
  ["cpu", "Processor (cores)", "As much as it may use."],
  ["dedicated_cpu", "Processor set aside (cores)", "Added to the processor beside it."],
] as const;

export function AmountFields({ form, problems, set }: FieldsProps) {
  return (
    <Fieldset legend="What it gives" className="fields">
      {AMOUNTS.map(([name, label, description]) => (
        <TextInput
          key={name}
          label={label}
          description={description}
          inputMode="decimal"
          autoComplete="off"
          value={form[name]}
          error={problems[name]}
          onChange={(event) => set({ [name]: event.currentTarget.value })}
        />
      ))}
    </Fieldset>
  );
}

const IDLE = [
  { value: "", label: "None" },
  { value: "short", label: "30 minutes" },
  { value: "medium", label: "2 hours" },
  { value: "day", label: "A day" },
];

const FLAGS = [
  ["always_running", "Kept running", undefined],
  ["member", "For members", undefined],
  ["boost", "On top of another licence", "Counts only beside a licence of the same kind."],
] as const;

export function KindFields({ form, problems, set }: FieldsProps) {
  return (
    <Fieldset legend="Its kind" className="stack">
      <Text size="sm" c="dimmed">
        Licences of one kind add up. Where a project has several kinds, one kind alone counts: kept running before all,
        then for members, then the longest time. The kind decides nothing else yet.
      </Text>
      <div className="fields">
        {FLAGS.map(([name, label, description]) => (
          <Checkbox
            key={name}
            label={label}
            description={description}
            checked={form[name]}
            onChange={(event) => set({ [name]: event.currentTarget.checked })}
          />
        ))}
        <NativeSelect
          label="Time without work"
          data={IDLE}
          value={form.idle_timeout}
          error={problems.idle_timeout}
          onChange={(event) => set({ idle_timeout: event.currentTarget.value })}
        />
      </div>
    </Fieldset>
  );
}
