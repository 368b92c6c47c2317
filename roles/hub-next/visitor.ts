/** Who asks: address, session or API key, and whether the request comes from a page of ours. */

import type { IncomingMessage } from "node:http";
import { isAppError } from "../../src/core/errors.ts";
import { apiKeyId } from "../../src/domain/access/api-keys.ts";
import type { Identity } from "../../src/domain/access/identity.ts";
import { cookieNames, isSecure, readCookies } from "../../src/net/cookies.ts";
import { type Client, clientOf } from "../../src/net/forwarded.ts";
import { type RequestSource, sourceOf } from "../../src/net/same-origin.ts";
import type { Hub } from "./hub.ts";

export interface Visitor {
  client: Client;
  /** Does the browser speak TLS to the site? */
  secure: boolean;
  source: RequestSource;
  /** Proved by something that a browser adds by itself, whatever page asked it to. */
  byCookie: boolean;
  /** undefined: a stranger, or the database is away. */
  identity: Identity | undefined;
  databaseIsAway: boolean;
}

/** Looks the visitor up. An Authorization header counts alone: a cookie beside it is not looked at. */
export async function visitorOf(hub: Hub, request: IncomingMessage): Promise<Visitor> {
  const { site } = hub;
  const client = clientOf(request, site);
  const secure = isSecure(site, client.proto);
  const cookies = readCookies(request.headers.cookie);
  const names = cookieNames({ basePath: site.basePath, secure });
  const { authorization } = request.headers;
  const byCookie = authorization === undefined;
  const credentials = byCookie
    ? { session: cookies[names.rememberMe], apiKey: cookies[names.apiKey] }
    : { apiKey: apiKeyIn(authorization) };
  const about = { client, secure, source: sourceOf(request.headers, site.origin), byCookie };
  try {
    return { ...about, identity: await hub.access.identify(credentials), databaseIsAway: false };
  } catch (error) {
    if (!isAppError(error, "unavailable")) throw error;
    return { ...about, identity: undefined, databaseIsAway: true };
  }
}

const MAX_AUTHORIZATION = 1_000;

/** The key of `Bearer <key>` or of Basic with the key as user name. */
function apiKeyIn(authorization: string): string | undefined {
  if (authorization.length > MAX_AUTHORIZATION) return undefined;
  const [scheme = "", value = ""] = authorization.split(" ");
  const isBasic = scheme.toLowerCase() === "basic";
  const key = isBasic ? Buffer.from(value, "base64").toString("latin1").split(":", 1)[0] : value;
  return key !== undefined && apiKeyId(key) !== undefined ? key : undefined;
}
