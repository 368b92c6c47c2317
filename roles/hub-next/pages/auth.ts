/** The pages for signing up, in and out. Forms work without script and are taken from our own pages only. */

import { MAX_PASSWORD, PASSWORD_RULES } from "../../../src/domain/accounts/password-rules.ts";
import { hasAccounts, takesToken } from "../../../src/domain/accounts/sign-up.ts";
import { isOn } from "../../../src/domain/settings/values.ts";
import { authEndpoints } from "../../../src/protocol/api-v2-auth.ts";
import { html } from "../html.ts";
import { safeNext } from "../safe-next.ts";
import { signInHere, signOutHere, signUpHere } from "../sessions.ts";
import {
  act,
  checkForm,
  databaseIsAway,
  type Failure,
  type FormContext,
  failed,
  redirect,
  texts,
} from "./form-pages.ts";
import { field, formValue, problem } from "./forms.ts";
import { sendPage } from "./layout.ts";
import { termsAddress } from "./site.ts";
import { settingText } from "./text.ts";

export function signInPage(context: FormContext, failure?: Failure): void {
  const { hub, visitor } = context;
  const base = hub.site.basePath;
  const next = safeNext(context.next, base);
  if (visitor.identity !== undefined && failure === undefined) {
    redirect(context, afterwards(context));
    return;
  }
  const main = html`<div class="card"><h1>Sign in</h1>${problem(failure?.message)}
<form method="post" action="${base}/auth/sign-in">
${next !== undefined && html`<input type="hidden" name="next" value="${next}">`}
${field({ name: "email", label: "E-mail address", type: "email", autocomplete: "username", value: formValue(context.form, "email"), autofocus: true })}
${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password", maxLength: 1_000 })}
<button type="submit">Sign in</button></form>
<p class="below"><a href="${base}/auth/password-reset">Forgot your password?</a></p>
<p class="below">No account yet? <a href="${base}/auth/sign-up${query(next)}">Sign up</a></p></div>`;
  sendPage(context, { title: "Sign in", main, width: "narrow", ...failed(failure) });
}

export async function signUpPage(context: FormContext, failure?: Failure): Promise<void> {
  const { hub, visitor, settings, form } = context;
  const base = hub.site.basePath;
  const next = safeNext(context.next, base);
  if (visitor.identity !== undefined && failure === undefined) {
    redirect(context, afterwards(context));
    return;
  }
  const [some, token] = await Promise.all([hasAccounts(hub.db), takesToken(hub.db)]);
  const isFirst = !some;
  if (!isFirst && !isOn(settings, "email_signup")) return sendPage(context, closed(base));
  const terms = termsAddress(settings, base);
  const instructions = settings.account_creation_email_instructions;
  const main = html`<div class="card"><h1>Sign up</h1>${problem(failure?.message)}
${isFirst && html`<p class="note">This is the first account of this site: it becomes the administrator.</p>`}
${instructions !== "" && settingText(instructions)}
<form method="post" action="${base}/auth/sign-up">
${next !== undefined && html`<input type="hidden" name="next" value="${next}">`}
<div class="two">${field({ name: "firstName", label: "First name", autocomplete: "given-name", value: formValue(form, "firstName"), autofocus: true })}
${field({ name: "lastName", label: "Last name", autocomplete: "family-name", value: formValue(form, "lastName") })}</div>
${field({ name: "email", label: "E-mail address", type: "email", autocomplete: "username", value: formValue(form, "email") })}
${field({ name: "password", label: "Password", type: "password", autocomplete: "new-password", hint: PASSWORD_RULES, maxLength: MAX_PASSWORD })}
${token && field({ name: "registrationToken", label: "Registration token", autocomplete: "off", value: formValue(form, "registrationToken"), hint: "You were given one by whoever runs this site." })}
${terms !== undefined && html`<div class="field"><label class="check"><input type="checkbox" name="terms" value="yes" required><span>I agree to the <a href="${terms}">terms of service</a>.</span></label></div>`}
<button type="submit">Sign up</button></form>
<p class="below">Have an account? <a href="${base}/auth/sign-in${query(next)}">Sign in</a></p></div>`;
  sendPage(context, { title: "Sign up", main, width: "narrow", ...failed(failure) });
}

const closed = (base: string) => ({
  title: "Sign up",
  width: "narrow" as const,
  main: html`<h1>Sign up</h1><p>Accounts cannot be made here by e-mail address. Ask whoever runs this site for one.</p>
<p><a href="${base}/auth/sign-in">Sign in</a></p>`,
});

export function signOutPage(context: FormContext): void {
  const { hub, visitor } = context;
  const base = hub.site.basePath;
  if (visitor.databaseIsAway) throw databaseIsAway();
  if (visitor.identity === undefined) {
    redirect(context, `${base}/`);
    return;
  }
  const main = html`<div class="card"><h1>Sign out</h1><p>You are signed in as ${visitor.identity.name}.</p>
<form method="post" action="${base}/auth/sign-out"><p><button type="submit">Sign out</button></p>
<p><button class="plain" type="submit" name="all" value="yes">Sign out everywhere</button></p></form></div>`;
  sendPage(context, { title: "Sign out", main, width: "narrow" });
}

export async function signIn(context: FormContext): Promise<void> {
  await act(context, {
    page: (failure) => signInPage(context, failure),
    run: async () => {
      await signInHere(context, authEndpoints["auth/sign-in"].input.parse(texts(context, ["email", "password"])));
      return afterwards(context);
    },
  });
}

export async function signUp(context: FormContext): Promise<void> {
  await act(context, {
    page: (failure) => signUpPage(context, failure),
    run: async () => {
      const fields = texts(context, ["email", "password", "firstName", "lastName", "registrationToken"]);
      const terms = formValue(context.form, "terms") === "yes";
      await signUpHere(context, authEndpoints["auth/sign-up"].input.parse({ ...fields, terms }));
      return afterwards(context);
    },
  });
}

export async function signOut(context: FormContext): Promise<void> {
  checkForm(context);
  if (context.visitor.databaseIsAway) throw databaseIsAway(); // the session would live on without its cookie
  await signOutHere(context, { all: formValue(context.form, "all") === "yes" });
  redirect(context, `${context.hub.site.basePath}/`);
}

function afterwards({ hub, next }: FormContext): string {
  return safeNext(next, hub.site.basePath) ?? `${hub.site.basePath}/app/projects`;
}

function query(next: string | undefined): string {
  return next === undefined ? "" : `?next=${encodeURIComponent(next)}`;
}
