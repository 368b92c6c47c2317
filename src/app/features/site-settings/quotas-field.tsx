/** The field of a setting that holds numbers by key: one control for each key, and the JSON that it is kept as. */

import { Fieldset, NativeSelect, Text, Textarea, TextInput } from "@mantine/core";
import "@mantine/core/styles/Fieldset.css";
import { useQueryClient } from "@tanstack/react-query";
import {
  effectOf,
  type KnownSettings,
  keyProblem,
  keyText,
  type QuotaKey,
  readQuotas,
  withKey,
} from "../../core/setting-quotas.ts";
import { QuotaChangeList } from "../../ui/quota-change-list.tsx";
import type { FieldProps } from "./setting-field.tsx";
import { SETTINGS_KEY } from "./settings-key.ts";

const FLAG = [
  { value: "", label: "As usual" },
  { value: "yes", label: "yes" },
  { value: "no", label: "no" },
];

export function QuotasField({ keys, ...props }: FieldProps & { keys: readonly QuotaKey[] }) {
  const { setting, value, error, onChange } = props;
  const quotas = readQuotas(value);
  return (
    <Fieldset legend={setting.name} disabled={setting.readonly} className="stack">
      <Text size="sm" c="dimmed">
        {setting.meaning} An empty field leaves it as usual.
      </Text>
      {quotas !== undefined && (
        <div className="fields">
          {keys.map((key) => {
            const common = {
              label: key.label,
              description: key.description,
              value: keyText(quotas, key),
              onChange: (event: { currentTarget: { value: string } }) =>
                onChange(withKey(quotas, key, event.currentTarget.value)),
            };
            return key.isFlag ? (
              <NativeSelect key={key.key} {...common} data={FLAG} />
            ) : (
              <TextInput
                key={key.key}
                {...common}
                error={keyProblem(common.value)}
                inputMode="decimal"
                autoComplete="off"
              />
            );
          })}
        </div>
      )}
      <details open={quotas === undefined}>
        <summary>As JSON</summary>
        <Textarea
          aria-label={`${setting.name} as JSON`}
          value={value}
          autosize
          minRows={1}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      </details>
      {error !== undefined && (
        <p role="alert" className="wrong">
          {error}
        </p>
      )}
      {quotas !== undefined && <Effect name={setting.name} text={value} />}
    </Fieldset>
  );
}

function Effect({ name, text }: { name: string; text: string }) {
  const known = useQueryClient().getQueryData<KnownSettings>(SETTINGS_KEY);
  const changes = known === undefined ? [] : effectOf(known, name, text);
  if (changes.length === 0) return null;
  return (
    <>
      <Text size="sm">A project to which nobody gives anything would have:</Text>
      <QuotaChangeList changes={changes} label={`What ${name} would do`} />
    </>
  );
}
