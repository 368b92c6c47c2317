/** The fields of a licence: what it is called, when it is in force, who hands it out, and what it gives. */

import { Fieldset, NativeSelect, Textarea, TextInput } from "@mantine/core";
import "@mantine/core/styles/Fieldset.css";
import { isForFew } from "../../../domain/licenses/reach-rules.ts";
import { quotaOfForm } from "../../core/license-form.ts";
import { AmountFields, KindFields } from "./amount-fields.tsx";
import type { FieldsProps } from "./fields-props.ts";
import { RareFields } from "./rare-fields.tsx";

interface LicenseFieldsProps extends FieldsProps {
  /** One of the old style, of which the amounts are not in these fields. */
  isOldStyle?: boolean;
}

export function LicenseFields({ isOldStyle = false, ...props }: LicenseFieldsProps) {
  return (
    <>
      <TitleFields {...props} />
      <TermFields {...props} />
      {!isOldStyle && (
        <>
          <AmountFields {...props} />
          <KindFields {...props} />
          <RareFields {...props} />
        </>
      )}
      <HandingOutFields {...props} />
    </>
  );
}

function TitleFields({ form, problems, set }: FieldsProps) {
  return (
    <>
      <TextInput
        label="Title"
        description="Such as the course or the group that it is for."
        value={form.title}
        maxLength={250}
        error={problems.title}
        onChange={(event) => set({ title: event.currentTarget.value })}
      />
      <Textarea
        label="Description"
        value={form.description}
        maxLength={10_000}
        autosize
        minRows={1}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
    </>
  );
}

function TermFields({ form, problems, set }: FieldsProps) {
  return (
    <Fieldset legend="When it is in force" className="fields">
      <TextInput
        type="datetime-local"
        label="From"
        description="Empty: not before somebody says so."
        value={form.activates}
        error={problems.activates}
        onChange={(event) => set({ activates: event.currentTarget.value })}
      />
      <TextInput
        type="datetime-local"
        label="Until"
        description="Empty: without an end."
        value={form.expires}
        error={problems.expires}
        onChange={(event) => set({ expires: event.currentTarget.value })}
      />
      <TextInput
        label="Projects that may run with it at once"
        description="Empty: as many as there are."
        inputMode="numeric"
        value={form.run_limit}
        error={problems.run_limit}
        onChange={(event) => set({ run_limit: event.currentTarget.value })}
      />
      <TextInput
        label="Projects that may have it"
        description="Empty: as many as there are."
        inputMode="numeric"
        value={form.apply_limit}
        error={problems.apply_limit}
        onChange={(event) => set({ apply_limit: event.currentTarget.value })}
      />
    </Fieldset>
  );
}

const WHO: { value: string; label: string }[] = [
  { value: "open", label: "Whoever has its id" },
  { value: "restricted", label: "Its managers and administrators alone" },
];

function HandingOutFields({ form, set }: FieldsProps) {
  const forFew = isForFew(quotaOfForm(form, {}));
  return (
    <>
      <Textarea
        label="Managers"
        description="E-mail addresses of accounts, one on each line: they see who uses it and hand it out."
        value={form.managers}
        autosize
        minRows={1}
        spellCheck={false}
        onChange={(event) => set({ managers: event.currentTarget.value })}
      />
      <NativeSelect
        label="Who gives it to projects"
        {...(forFew && {
          description: "So it is with graphics processors, pools, the shared software and changes of the pod.",
        })}
        data={WHO}
        disabled={forFew}
        value={forFew || form.restricted ? "restricted" : "open"}
        onChange={(event) => set({ restricted: event.currentTarget.value === "restricted" })}
      />
    </>
  );
}
