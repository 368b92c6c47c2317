/** Who asks: address, session or API key, and whether the request comes from a page of ours. */

import type { IncomingMessage } from "node:http";
import { isAppError } from "../../src/core/errors.ts";
import { keyIn } from "../../src/domain/access/authorization.ts";
import { browserName } from "../../src/domain/access/browser-name.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import { cookieNames, isSecure, readCookies } from "../../src/net/visitor/cookies.ts";
import { type Client, clientOf } from "../../src/net/visitor/forwarded.ts";
import { type RequestSource, sourceOf } from "../../src/net/visitor/same-origin.ts";
import { ownOriginOf } from "../../src/net/visitor/site.ts";
import type { Hub } from "./hub.ts";

export interface Visitor {
  client: Client;
  /** Does the browser speak TLS to the site? */
  secure: boolean;
  source: RequestSource;
  /** Roughly which browser. */
  browser: string;
  /** Proved by something that a browser adds by itself, whatever page asked it to. */
  byCookie: boolean;
  /** undefined: a stranger, or the database is away. */
  identity: Identity | undefined;
  databaseIsAway: boolean;
}

/** A visitor who is not looked up, for what has to be shown whatever comes. */
export function strangerOf(hub: Hub, request: IncomingMessage): Visitor {
  return { ...visitOf(hub, request).about, identity: undefined, databaseIsAway: false };
}

/**
 * Looks the visitor up. An API key in the Authorization header counts alone, also a wrong one: a cookie beside it is not looked at.
 * @throws AppError `rate_limited` for a network that brings too many credentials that nobody knows.
 */
export async function visitorOf(hub: Hub, request: IncomingMessage): Promise<Visitor> {
  const { about, credentials } = visitOf(hub, request);
  try {
    const identity = await hub.access.identify(credentials, about.client.address);
    return { ...about, identity, databaseIsAway: false };
  } catch (error) {
    if (!isAppError(error, "unavailable")) throw error;
    return { ...about, identity: undefined, databaseIsAway: true };
  }
}

/** What a request says of its visitor, and what it brought to prove who that is. */
function visitOf({ site }: Hub, request: IncomingMessage) {
  const client = clientOf(request, site);
  const secure = isSecure(site, client.proto);
  const cookies = readCookies(request.headers.cookie);
  const names = cookieNames({ basePath: site.basePath, secure });
  const claimed = keyIn(request.headers.authorization);
  const byCookie = claimed === undefined;
  const credentials = byCookie
    ? { session: cookies[names.rememberMe], apiKey: cookies[names.apiKey] }
    : { apiKey: claimed };
  const { headers } = request;
  const browser = browserName(headers["user-agent"]);
  const source = sourceOf(headers, ownOriginOf(site, client));
  return { about: { client, secure, source, browser, byCookie }, credentials };
}
