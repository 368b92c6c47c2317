/** The page that a link to verify an e-mail address leads to. */

import { emailAddress } from "../../../src/domain/accounts/rules.ts";
import { redeemChallenge } from "../../../src/domain/accounts/verification.ts";
import { html } from "../html.ts";
import { parseTyped } from "../parse-typed.ts";
import { act, type Failure, type FormContext, failed } from "./form-pages.ts";
import { formValue, problem } from "./forms.ts";
import { type PageContext, sendPage } from "./layout.ts";

const TITLE = "Your e-mail address";
const MAX_EMAIL = 254;

/** A button, not the visit itself: some mail programs visit every link before their reader does, who may not have asked for it. */
export function verifyPage(context: FormContext, email: unknown, failure?: Failure): void {
  const address = typeof email === "string" ? email.slice(0, MAX_EMAIL) : "";
  const main = html`<div class="card"><h1>${TITLE}</h1>${problem(failure?.message)}
${failure === undefined && html`<p>Confirm that ${address} is the address of your account at ${context.settings.site_name}.</p>`}
<form method="post"><input type="hidden" name="email" value="${address}">
<button type="submit">Confirm</button></form>
<p class="below">You have no account here? Then close this page; nothing happens.</p></div>`;
  sendPage(context, { title: TITLE, main, width: "narrow", ...failed(failure) });
}

export async function verify(context: FormContext, token: string): Promise<void> {
  const { hub } = context;
  const email = formValue(context.form, "email");
  await act(context, {
    page: (failure) => verifyPage(context, email, failure),
    run: async () => {
      await redeemChallenge(hub.db, { email: parseTyped(emailAddress, email), token });
      return `${hub.site.basePath}/auth/verify/done`;
    },
  });
}

export function verifyDone(context: PageContext): void {
  const base = context.hub.site.basePath;
  const main = html`<div class="card"><h1>${TITLE}</h1>
<p class="note" role="status">Thank you: the address is confirmed.</p>
<p class="actions"><a class="button" href="${base}/app/projects">To your projects</a></p></div>`;
  sendPage(context, { title: TITLE, main, width: "narrow" });
}
