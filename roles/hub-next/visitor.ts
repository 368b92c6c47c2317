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

/** Looks the visitor up. An API key in the Authorization header counts alone, also a wrong one: a cookie beside it is not looked at. */
export async function visitorOf(hub: Hub, request: IncomingMessage): Promise<Visitor> {
  const { site } = hub;
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
  const about = { client, secure, source: sourceOf(headers, ownOriginOf(site, client)), browser, byCookie };
  try {
    return { ...about, identity: await hub.access.identify(credentials), databaseIsAway: false };
  } catch (error) {
    if (!isAppError(error, "unavailable")) throw error;
    return { ...about, identity: undefined, databaseIsAway: true };
  }
}
