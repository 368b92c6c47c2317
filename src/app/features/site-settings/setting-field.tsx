/** The field for one setting, by its kind: a choice where there is one, lines where a text may have them, nothing readable for a password. */

import { NativeSelect, PasswordInput, Textarea, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { SiteSetting } from "../../../protocol/api-v2-settings.ts";
import "@mantine/core/styles/PasswordInput.css";

export interface FieldProps {
  setting: SiteSetting;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

export function SettingField({ setting, value, error, onChange }: FieldProps) {
  const { name, kind, choices, readonly, isSecret } = setting;
  const common = {
    label: name,
    description: descriptionOf(setting),
    value,
    error,
    disabled: readonly,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  const text = { ...common, autoComplete: "off", spellCheck: false };
  if (isSecret)
    return (
      <PasswordInput
        {...common}
        autoComplete="new-password"
        placeholder={setting.isSet ? "A password is set; it is not shown" : ""}
      />
    );
  if (kind === "flag") return <NativeSelect {...common} data={["yes", "no"]} />;
  if (kind === "choice") return <NativeSelect {...common} data={choices ?? []} />;
  if (kind === "quotas" || kind === "patches")
    return (
      <Textarea
        {...text}
        autosize
        minRows={1}
        maxRows={12}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
    );
  if (kind === "text") return <Textarea {...common} autosize minRows={1} maxRows={12} />;
  return <TextInput {...text} inputMode={kind === "number" || kind === "port" ? "numeric" : "text"} />;
}

function descriptionOf({ meaning, default: standard, isPublic }: SiteSetting): ReactNode {
  const usual = standard === "" ? "Usually empty." : `Usually ${standard}.`;
  return `${meaning} ${usual}${isPublic ? " Everybody can see it." : ""}`;
}
