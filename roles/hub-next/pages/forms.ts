/** Fields and messages that the forms share. */

import { type Html, html } from "../html.ts";

interface Field {
  name: string;
  label: string;
  type?: "text" | "email" | "password";
  value?: string | undefined;
  autocomplete: string;
  hint?: Html | string;
  required?: boolean;
  autofocus?: boolean;
  maxLength?: number;
}

/** A labelled input; the hint belongs to it for screen readers, too. */
export function field({
  name,
  label,
  type = "text",
  value,
  autocomplete,
  hint,
  required = true,
  autofocus,
  maxLength = 254,
}: Field): Html {
  const describedBy = hint !== undefined && html` aria-describedby="${name}-hint"`;
  return html`<div class="field"><label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" value="${value ?? ""}" maxlength="${maxLength}" autocomplete="${autocomplete}"${required && html` required`}${autofocus && html` autofocus`}${describedBy}>
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}</div>`;
}

/** What went wrong with the last try. */
export function problem(message: string | undefined): Html | false {
  return message !== undefined && html`<p class="problem" role="alert">${message}</p>`;
}

/** One value of a form as text, without zero bytes, which no browser sends; "" when it is absent or sent twice. */
export function formValue(form: unknown, name: string): string {
  const value = typeof form === "object" && form !== null && Object.hasOwn(form, name) ? Reflect.get(form, name) : "";
  return typeof value === "string" ? value.replaceAll("\0", "") : "";
}
