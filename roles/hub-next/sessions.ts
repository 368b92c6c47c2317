/** Beginning and ending the session of a browser: the row and the cookie together. */

import type { ServerResponse } from "node:http";
import { createSession, endSession, endSessions, SESSION_SECONDS } from "../../src/domain/access/sessions.ts";
import { emailAddress, personName } from "../../src/domain/accounts/rules.ts";
import { checkSignIn } from "../../src/domain/accounts/sign-in.ts";
import { signUp } from "../../src/domain/accounts/sign-up.ts";
import { cookieNames, setCookie } from "../../src/net/visitor/cookies.ts";
import type { EndpointBody } from "../../src/protocol/api-v2-table.ts";
import type { Hub } from "./hub.ts";
import { parseTyped } from "./parse-typed.ts";
import type { Visitor } from "./visitor.ts";

/** The parts of one request that sessions need. */
export interface SessionRequest {
  hub: Hub;
  visitor: Visitor;
  response: ServerResponse;
}

/** Makes the account and signs in. @throws AppError in words for the form. */
export async function signUpHere(request: SessionRequest, wish: EndpointBody<"auth/sign-up">): Promise<string> {
  const { hub, visitor } = request;
  const accountId = await signUp(
    { db: hub.db, limits: hub.limits, settings: await hub.settings.values(), mail: hub.mail },
    {
      ...wish,
      email: parseTyped(emailAddress, wish.email),
      firstName: parseTyped(personName, wish.firstName),
      lastName: parseTyped(personName, wish.lastName),
      address: visitor.client.address,
    },
  );
  await beginSession(request, accountId);
  return accountId;
}

/** Signs in. @throws AppError in words for the form. */
export async function signInHere(
  request: SessionRequest,
  { email, password }: EndpointBody<"auth/sign-in">,
): Promise<string> {
  const { hub, visitor } = request;
  const known = { email: email.trim().toLowerCase(), password, address: visitor.client.address };
  const accountId = await checkSignIn(hub.db, hub.limits, known);
  await beginSession(request, accountId);
  return accountId;
}

/** Ends this session, or all of the account, and takes the cookie away. */
export async function signOutHere(request: SessionRequest, { all }: { all: boolean }): Promise<void> {
  const { hub, visitor } = request;
  const { identity } = visitor;
  if (identity !== undefined && all) await endSessions(hub.db, { accountId: identity.accountId });
  else if (identity?.credential.kind === "session") await endSession(hub.db, identity.credential.hash);
  await writeCookie(request, { value: "", maxAge: 0 });
}

/** The session that came with the request ends: its cookie is about to be replaced. */
async function beginSession(request: SessionRequest, accountId: string): Promise<void> {
  const { hub, visitor } = request;
  const old = visitor.identity?.credential;
  const { cookieValue } = await createSession(hub.db, { accountId, browser: visitor.browser });
  if (old?.kind === "session") await endSession(hub.db, old.hash);
  await writeCookie(request, { value: cookieValue, maxAge: SESSION_SECONDS });
}

async function writeCookie(
  { hub, visitor, response }: SessionRequest,
  cookie: { value: string; maxAge: number },
): Promise<void> {
  const { secure } = visitor;
  const name = cookieNames({ basePath: hub.site.basePath, secure }).rememberMe;
  const { samesite_remember_me } = await hub.settings.values();
  const sameSite = samesite_remember_me === "strict" || samesite_remember_me === "none" ? samesite_remember_me : "lax";
  response.appendHeader("Set-Cookie", setCookie({ name, secure, sameSite, ...cookie }));
}
