/** Handlers of `/api/v2/accounts/…`. */

import { forbidden, invalid, notFound } from "../../../src/core/errors.ts";
import { checkProof, noteProof } from "../../../src/domain/access/proofs.ts";
import { endSessionById, listSessions } from "../../../src/domain/access/session-list.ts";
import {
  checkPassword,
  deleteAccount,
  setBanned,
  setEmailAddress,
  setNames,
  setPassword,
} from "../../../src/domain/accounts/account.ts";
import { findPeople, ownProfile, peopleById } from "../../../src/domain/accounts/people.ts";
import { emailAddress, personName, vanityName } from "../../../src/domain/accounts/rules.ts";
import { sendVerification } from "../../../src/domain/accounts/verification.ts";
import { projectsToHandOver } from "../../../src/domain/projects/collaborators.ts";
import type { accountEndpoints } from "../../../src/protocol/api-v2-accounts.ts";
import { parseTyped } from "../parse-typed.ts";
import { signOutHere } from "../sessions.ts";
import { type AccountCall, type Handlers, OK } from "./call.ts";

export const accounts: Handlers<keyof typeof accountEndpoints> = {
  "accounts/profile": async ({ hub: { db }, accountId }, { account_id }) => {
    if (account_id !== undefined && account_id !== accountId) {
      const [profile] = await peopleById(db, [account_id]);
      if (profile === undefined) throw notFound("There is no such account.");
      return { profile };
    }
    const own = await ownProfile(db, accountId);
    if (own === undefined) throw notFound("This account has been deleted.");
    return { profile: { ...own, created: own.created.toISOString() } };
  },
  "accounts/get-names": async ({ hub: { db } }, { account_ids }) => {
    const people = await peopleById(db, account_ids);
    return { names: Object.fromEntries(people.map((person) => [person.account_id, person])) };
  },
  "accounts/search": async ({ hub: { db }, identity }, { query, limit }) => {
    const found = await findPeople(db, { text: query, limit });
    return {
      accounts: found.map(({ email_address, banned, last_active, ...person }) => ({
        ...person,
        last_active: last_active?.toISOString() ?? null,
        ...(identity.isAdmin && { email_address, banned }),
      })),
    };
  },
  "accounts/set-name": async ({ hub: { db }, accountId }, { first_name, last_name, name }) => {
    await setNames(db, accountId, {
      firstName: first_name === undefined ? undefined : parseTyped(personName, first_name),
      lastName: last_name === undefined ? undefined : parseTyped(personName, last_name),
      name: name === undefined ? undefined : name === "" ? null : parseTyped(vanityName, name),
    });
    return OK;
  },
  "accounts/set-email-address": async ({ hub, accountId }, { email_address, password }) => {
    const email = parseTyped(emailAddress, email_address);
    await checkPassword(hub.db, hub.limits, { accountId, password });
    await setEmailAddress(hub, { accountId, email });
    return OK;
  },
  "accounts/send-verification-email": async ({ hub, accountId }) => {
    await sendVerification(hub, accountId);
    return OK;
  },
  "accounts/set-password": async ({ hub, accountId, identity }, { currentPassword, newPassword }) => {
    await checkPassword(hub.db, hub.limits, { accountId, password: currentPassword });
    const keepSession = identity.credential.kind === "session" ? identity.credential.hash : "";
    await setPassword(hub, { accountId, newPassword, keepSession });
    return OK;
  },
  "accounts/confirm-password": async ({ hub, accountId, identity }, { password }) => {
    await checkPassword(hub.db, hub.limits, { accountId, password });
    if (identity.credential.kind === "session") await noteProof(hub.db, identity.credential.hash);
    return OK;
  },
  "accounts/sign-out": async (call, body) => {
    await signOutHere(call, body);
    return OK;
  },
  "accounts/sessions": async ({ hub: { db }, identity }) => ({
    sessions: (await listSessions(db, identity)).map(({ created, last_active, expire, ...session }) => ({
      ...session,
      created: created?.toISOString() ?? null,
      last_active: last_active?.toISOString() ?? null,
      expire: expire.toISOString(),
    })),
  }),
  "accounts/end-session": async (call, { id }) => {
    const { hub, accountId, identity } = call;
    const hash = await endSessionById(hub.db, { accountId, id });
    if (identity.credential.kind === "session" && identity.credential.hash === hash) {
      await signOutHere(call, { all: false });
    }
    return OK;
  },
  "accounts/to-hand-over": async ({ hub: { db }, accountId }) => ({
    projects: await projectsToHandOver(db, accountId),
  }),
  "accounts/delete": async (call, body) => {
    await mayDelete(call, body);
    const accountId = body.account_id ?? call.accountId;
    await deleteAccount(call.hub.db, { by: call.accountId, accountId });
    if (accountId === call.accountId) await signOutHere(call, { all: true });
    return OK;
  },
  "accounts/ban": async ({ hub: { db }, accountId: by }, { account_id: accountId }) => {
    await setBanned(db, { by, accountId, banned: true });
    return OK;
  },
  "accounts/remove-ban": async ({ hub: { db }, accountId: by }, { account_id: accountId }) => {
    await setBanned(db, { by, accountId, banned: false });
    return OK;
  },
};

/** One's own account with its password; another's as administrator, with a confirmed one. */
async function mayDelete(
  { hub, accountId, identity }: AccountCall,
  { account_id, password }: { account_id?: string | undefined; password?: string | undefined },
): Promise<void> {
  if (account_id !== undefined && account_id !== accountId) {
    if (!identity.isAdmin) throw forbidden("Only an administrator deletes the account of somebody else.");
    return checkProof(hub.db, identity.credential);
  }
  if (password === undefined) throw invalid("To delete your account, give your password.");
  await checkPassword(hub.db, hub.limits, { accountId, password });
}
