/** The pages for choosing a new password without the old one: asking for a link, and using it. */

import { askForReset, redeemReset, resetOf } from "../../../src/domain/accounts/password-reset.ts";
import { MAX_PASSWORD, PASSWORD_RULES } from "../../../src/domain/accounts/password-rules.ts";
import { emailAddress } from "../../../src/domain/accounts/rules.ts";
import { type Html, html } from "../html.ts";
import { parseTyped } from "../parse-typed.ts";
import { act, databaseIsAway, type Failure, type FormContext, failed } from "./form-pages.ts";
import { field, formValue, problem } from "./forms.ts";
import { type PageContext, sendPage } from "./layout.ts";

const TITLE = "New password";

/** Asks for the address, or says whom to ask where the site sends no mail. */
export async function askPage(context: FormContext, failure?: Failure): Promise<void> {
  const { hub } = context;
  const base = hub.site.basePath;
  if ((await hub.mail.now()).state("password").is !== "on") return noMail(context);
  const main = html`<div class="card"><h1>${TITLE}</h1>${problem(failure?.message)}
<p>Give the e-mail address of your account: a link is sent there with which you choose a new password.</p>
<form method="post" action="${base}/auth/password-reset">
${field({ name: "email", label: "E-mail address", type: "email", autocomplete: "username", value: formValue(context.form, "email"), autofocus: true })}
<button type="submit">Send the link</button></form>
<p class="below"><a href="${base}/auth/sign-in">Back to signing in</a></p></div>`;
  sendPage(context, { title: TITLE, main, width: "narrow", ...failed(failure) });
}

function noMail(context: PageContext): void {
  const base = context.hub.site.basePath;
  const main = html`<div class="card"><h1>${TITLE}</h1>
<p>This site sends no e-mail. ${whomToAsk(context)} for a link with which you choose a new password; say which e-mail address you sign in with.</p>
<p class="below"><a href="${base}/auth/sign-in">Back to signing in</a></p></div>`;
  sendPage(context, { title: TITLE, main, width: "narrow" });
}

/** The beginning of a sentence. */
function whomToAsk({ settings }: PageContext): Html {
  const contact = settings.help_email || settings.organization_email;
  return contact === "" ? html`Ask whoever runs it` : html`Ask <a href="mailto:${contact}">${contact}</a>`;
}

export async function askReset(context: FormContext): Promise<void> {
  const { hub, visitor } = context;
  await act(context, {
    page: (failure) => askPage(context, failure),
    run: async () => {
      const email = parseTyped(emailAddress, formValue(context.form, "email"));
      await askForReset(hub, { email, address: visitor.client.address });
      return `${hub.site.basePath}/auth/password-reset/sent`;
    },
  });
}

/** The same for everybody: it does not tell whether there is such an account. */
export function resetSent(context: PageContext): void {
  const base = context.hub.site.basePath;
  const main = html`<div class="card"><h1>Look into your mail</h1>
<p class="note" role="status">If there is an account with this e-mail address, a link is on its way to it. It works once, within one hour.</p>
<p>Nothing comes? Look where your mail keeps spam, or <a href="${base}/auth/password-reset">try another address</a>. If that does not help: ${whomToAsk(context)}.</p>
<p class="below"><a href="${base}/auth/sign-in">Back to signing in</a></p></div>`;
  sendPage(context, { title: "Look into your mail", main, width: "narrow" });
}

/** Looking does not use the link up: some mail programs look at every link before their reader does. */
export async function resetPage(context: FormContext, token: string, failure?: Failure): Promise<void> {
  const { hub, visitor } = context;
  if (visitor.databaseIsAway) throw databaseIsAway();
  const reset = await resetOf(hub.db, token);
  if (reset === undefined) return gone(context);
  const base = hub.site.basePath;
  const main = html`<div class="card"><h1>${TITLE}</h1>${problem(failure?.message)}
<p>For the account ${reset.email_address}. Every browser that is signed in to it is signed out, and its API keys end.</p>
<form method="post" action="${base}/auth/password-reset/${token}">
<input type="hidden" name="username" value="${reset.email_address}" autocomplete="username">
${field({ name: "password", label: "New password", type: "password", autocomplete: "new-password", hint: PASSWORD_RULES, maxLength: MAX_PASSWORD, autofocus: true })}
<button type="submit">Set the password</button></form></div>`;
  sendPage(context, { title: TITLE, main, width: "narrow", ...failed(failure) });
}

function gone(context: PageContext): void {
  const base = context.hub.site.basePath;
  const main = html`<div class="card"><h1>This link is no longer good</h1>
<p>It has been used, is older than an hour, or did not arrive whole.</p>
<p class="actions"><a class="button" href="${base}/auth/password-reset">Ask for a new one</a></p></div>`;
  sendPage(context, { title: "This link is no longer good", main, width: "narrow", status: 410 });
}

export async function resetPassword(context: FormContext, token: string): Promise<void> {
  const { hub } = context;
  await act(context, {
    page: (failure) => resetPage(context, token, failure),
    run: async () => {
      await redeemReset(hub, { token, newPassword: formValue(context.form, "password") });
      return `${hub.site.basePath}/auth/password-reset/done`;
    },
  });
}

export function resetDone(context: PageContext): void {
  const base = context.hub.site.basePath;
  const main = html`<div class="card"><h1>The password is set</h1>
<p class="note" role="status">Every browser was signed out, and the API keys of the account have ended.</p>
<p class="actions"><a class="button" href="${base}/auth/sign-in">Sign in with the new password</a></p></div>`;
  sendPage(context, { title: "The password is set", main, width: "narrow" });
}
