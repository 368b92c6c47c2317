/** What a licence gives to a project, as most licences do. */

import { Checkbox, Fieldset, NativeSelect, TextInput } from "@mantine/core";
import type { FieldsProps } from "./fields-props.ts";

const AMOUNTS = [
  ["ram", "Memory (GB)"],
  ["dedicated_ram", "Memory set aside (GB)"],
  ["cpu", "Processor (cores)"],
  ["dedicated_cpu", "Processor set aside (cores)"],
  ["disk", "Disk (GB)"],
] as const;

const IDLE = [
  { value: "", label: "As the site has it" },
  { value: "short", label: "30 minutes" },
  { value: "medium", label: "2 hours" },
  { value: "day", label: "A day" },
];

const FLAGS = [
  ["always_running", "Kept running", "It starts by itself and does not stop when nobody works in it."],
  ["member", "Machines for members", "Where the site has such machines, it runs on them."],
  ["boost", "On top of another licence", "Counts only beside a licence of the same kind."],
] as const;

export function AmountFields({ form, problems, set }: FieldsProps) {
  return (
    <Fieldset legend="What it gives" className="fields">
      {AMOUNTS.map(([name, label]) => (
        <TextInput
          key={name}
          label={label}
          inputMode="decimal"
          autoComplete="off"
          value={form[name]}
          error={problems[name]}
          onChange={(event) => set({ [name]: event.currentTarget.value })}
        />
      ))}
      <NativeSelect
        label="Stops when nobody works in it for"
        data={IDLE}
        value={form.idle_timeout}
        error={problems.idle_timeout}
        onChange={(event) => set({ idle_timeout: event.currentTarget.value })}
      />
      {FLAGS.map(([name, label, description]) => (
        <Checkbox
          key={name}
          label={label}
          description={description}
          checked={form[name]}
          onChange={(event) => set({ [name]: event.currentTarget.checked })}
        />
      ))}
    </Fieldset>
  );
}
