/** What pages with a form have in common: what was sent, running what it asks for, and showing it again when that failed. */

import { forbidden, isAppError, unavailable } from "../../../src/core/errors.ts";
import { formValue } from "./forms.ts";
import type { PageContext } from "./layout.ts";

/** A page that may have been tried already. */
export interface FormContext extends PageContext {
  /** Where to go afterwards, as it was asked for: not yet looked at. */
  next: unknown;
  /** What was sent; empty at the first sight. */
  form: unknown;
}

export interface Failure {
  message: string;
  status: number;
  retryAfterSeconds?: number | undefined;
}

interface Act {
  /** The form, to be shown again. */
  page: (failure: Failure) => void | Promise<void>;
  /** Does it, and returns where to go then. */
  run: () => Promise<string>;
}

/** Runs what a form asks for and goes on; an expected error shows the form again, with what was typed but the password. */
export async function act(context: FormContext, { page, run }: Act): Promise<void> {
  checkForm(context);
  let location: string;
  try {
    location = await run();
  } catch (error) {
    if (!isAppError(error) || error.code === "unavailable" || error.code === "internal") throw error;
    return page(error);
  }
  redirect(context, location);
}

/** Every browser says where a form comes from. */
export function checkForm({ visitor }: PageContext): void {
  if (visitor.source !== "same")
    throw forbidden("This form was not sent from a page of this site; open the page again and retry.");
}

const MAX_FIELD = 1_000;

/** Longer texts are cut to what no schema accepts: a form is never answered with a schema's words. */
export function texts({ form }: FormContext, names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [name, formValue(form, name).slice(0, name === "password" ? MAX_FIELD : 254)]),
  );
}

/** Status and headers of a page that shows a failure. */
export function failed(failure: Failure | undefined) {
  if (failure === undefined) return {};
  const retry = failure.retryAfterSeconds;
  return { status: failure.status, ...(retry !== undefined && { headers: { "Retry-After": String(retry) } }) };
}

export function redirect({ response }: PageContext, location: string): void {
  response.writeHead(303, { Location: location, "Cache-Control": "no-store" });
  response.end();
}

export const databaseIsAway = () =>
  unavailable("The database cannot be reached; try again in a moment.", { retryAfterSeconds: 2 });
