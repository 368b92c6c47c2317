/** The way of every call of `/api/v2`: found in the table, checked for its source, read, authorised, acted on, answered. */

import type { IncomingMessage } from "node:http";
import { forbidden, invalid, notFound, unauthenticated, unavailable } from "../../../src/core/errors.ts";
import { issuesInWords } from "../../../src/core/issues-in-words.ts";
import { checkSignedIn, checkWholeAccount } from "../../../src/domain/access/key-limits.ts";
import { checkProof } from "../../../src/domain/access/proofs.ts";
import type { Endpoint } from "../../../src/protocol/api-v2.ts";
import { endpointAt } from "../../../src/protocol/api-v2-table.ts";
import { uuid } from "../../../src/protocol/common.ts";
import type { Visitor } from "../visitor.ts";
import { accounts } from "./accounts.ts";
import { admin } from "./admin.ts";
import { auth } from "./auth.ts";
import type { AccountCall, Call, ProjectCall } from "./call.ts";
import { collaborators } from "./collaborators.ts";
import { licenses } from "./licenses.ts";
import { projects } from "./projects.ts";
import { quotas } from "./quotas.ts";
import { settings } from "./settings.ts";
import { site } from "./site.ts";

type AnyHandler = (call: Call, body: unknown) => Promise<unknown>;

const handlers = {
  ...auth,
  ...accounts,
  ...projects,
  ...collaborators,
  ...quotas,
  ...licenses,
  ...site,
  ...admin,
  ...settings,
} as unknown as Record<string, AnyHandler>; // each is called with what its own endpoint states

/**
 * Answers a call. @throws AppError: `not_found` without such an endpoint, `forbidden` for another site's page, `invalid` with what is wrong
 * in the body, and whatever the endpoint says.
 */
export async function dispatch(call: Call, path: string, body: object): Promise<unknown> {
  const endpoint = endpointAt(path);
  const handler = handlers[path];
  if (endpoint === undefined || handler === undefined)
    throw notFound("There is no such endpoint; /api/v2/openapi.json lists them.");
  checkSource(call.visitor);
  const allowed = await checkAccount(call, endpoint);
  const authorised = isKnown(allowed) ? await checkProject(allowed, endpoint, body) : allowed;
  const parsed = endpoint.input.safeParse(body);
  if (!parsed.success) throw invalid(`The call is not well formed. ${issuesInWords(parsed.error.issues)}`);
  const answer = await handler(authorised, parsed.data);
  if (isOnProject(authorised)) ownWrites(authorised, path, endpoint);
  return answer;
}

/** Who has changed the members must not meet the old ones in their next call: the notification is still on its way. */
function ownWrites({ hub, projectId }: ProjectCall, path: string, endpoint: Endpoint): void {
  const isOwners = endpoint.access === "project" && endpoint.need === "own";
  if (isOwners || path.startsWith("projects/collaborators/")) hub.access.changed("projects_users", projectId);
}

/** A body that is not JSON never gets here: that alone keeps plain forms of other sites out. */
export function isJson(request: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "");
}

/** What a cookie proves counts only for pages of ours, and for programs that are no browser. */
function checkSource({ source, byCookie }: Visitor): void {
  if (byCookie && source === "other") {
    throw forbidden(
      "This call comes from a page of another site; calls with a cookie are taken from our own pages only.",
    );
  }
}

async function checkAccount(
  call: Call,
  { access, keys = "account", confirmed = false }: Endpoint,
): Promise<Call | AccountCall> {
  if (access === "anyone") return call;
  const { identity, databaseIsAway } = call.visitor;
  if (databaseIsAway)
    throw unavailable("The database cannot be reached; try again in a moment.", { retryAfterSeconds: 2 });
  if (identity === undefined) throw unauthenticated("Sign in first, or send a valid API key.");
  if (keys === "none") checkSignedIn(identity.credential);
  if (keys !== "project") checkWholeAccount(identity);
  if (access === "admin" && !identity.isAdmin) throw forbidden("Only an administrator may do this.");
  if (confirmed) await checkProof(call.hub.db, identity.credential);
  return { ...call, identity, accountId: identity.accountId } satisfies AccountCall;
}

const isKnown = (call: Call | AccountCall): call is AccountCall => "identity" in call;
const isOnProject = (call: Call | ProjectCall): call is ProjectCall => "projectId" in call;

/** Before the rest of the body is looked at. One answer for projects that are not there and projects of others: it does not tell which exist. */
async function checkProject(call: AccountCall, endpoint: Endpoint, body: object): Promise<AccountCall | ProjectCall> {
  if (endpoint.access !== "project") return call;
  const { hub, identity } = call;
  const named = uuid.safeParse("project_id" in body ? body.project_id : undefined);
  if (!named.success) throw invalid("The call is not well formed. project_id: name the project by its UUID");
  const projectId = named.data;
  const { need, deleted = false } = endpoint;
  const role = await hub.access.authorise(identity, projectId, need, { deleted });
  // What owners alone decide, decided for them.
  if (role === "admin" && need === "own") await checkProof(hub.db, identity.credential);
  return { ...call, projectId, role } satisfies ProjectCall;
}
