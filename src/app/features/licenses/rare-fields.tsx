/** What few licences give: graphics processors, pools of machines, the shared software, changes of the pod. Folded away while it is empty. */

import { Checkbox, Fieldset, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import type { FieldsProps } from "./fields-props.ts";

const RARE = ["gpus", "gpuResource", "pool", "patch", "ext_rw"] as const;

export function RareFields({ form, problems, set }: FieldsProps) {
  const [open] = useState(RARE.some((name) => Boolean(form[name])));
  return (
    <details open={open}>
      <summary>Graphics processors, pools of machines, and what few licences give</summary>
      <Fieldset className="fields" legend={<span className="hidden-words">What few licences give</span>}>
        <TextInput
          label="Graphics processors"
          inputMode="numeric"
          value={form.gpus}
          error={problems.gpus}
          onChange={(event) => set({ gpus: event.currentTarget.value })}
        />
        <TextInput
          label="Name of their resource"
          description="Empty: nvidia.com/gpu."
          spellCheck={false}
          value={form.gpuResource}
          onChange={(event) => set({ gpuResource: event.currentTarget.value })}
        />
        <TextInput
          label="Pool of machines"
          description="Name of a pool, as machines are labelled."
          spellCheck={false}
          maxLength={63}
          value={form.pool}
          error={problems.pool}
          onChange={(event) => set({ pool: event.currentTarget.value })}
        />
        <Checkbox
          label="May write the shared software"
          description="For whoever installs what all projects use."
          checked={form.ext_rw}
          onChange={(event) => set({ ext_rw: event.currentTarget.checked })}
        />
        <Textarea
          label="Changes of its pod"
          description="A JSON list of operations (RFC 6902). One that breaks the rules of project pods has to stand in allowed_license_patches."
          autosize
          minRows={1}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          value={form.patch}
          error={problems.patch}
          onChange={(event) => set({ patch: event.currentTarget.value })}
        />
      </Fieldset>
    </details>
  );
}
