/** What a request brings to show who it is from, and how that is taken out again before a project sees it. */

import { keyIn } from "../../src/domain/access/authorization.ts";
import type { HttpRequest } from "../../src/net/http-message.ts";
import type { RewriteHeader } from "../../src/net/proxy/forward-headers.ts";
import { cookieNames, isSecure, projectCookieNames, readCookies, stripCookies } from "../../src/net/visitor/cookies.ts";
import type { Client } from "../../src/net/visitor/forwarded.ts";
import type { SiteConfig } from "../../src/net/visitor/site.ts";

export interface VisitorCredentials {
  session: string | undefined;
  apiKey: string | undefined;
  /** The cookie of a project's own origin. */
  projectSession: string | undefined;
  /** Is it a cookie, which a browser sends whatever page made the request? */
  byCookie: boolean;
}

/** Reads an Authorization header that holds a key of ours; without one the cookies, which alone a page of another site can have sent. */
export function credentialsOf(request: HttpRequest, client: Client, site: SiteConfig): VisitorCredentials {
  const apiKey = keyIn(request.headers.authorization);
  if (apiKey !== undefined) return { session: undefined, apiKey, projectSession: undefined, byCookie: false };
  const secure = isSecure(site, client.proto);
  const names = cookieNames({ basePath: site.basePath, secure });
  const cookies = readCookies(request.headers.cookie);
  return {
    session: cookies[names.rememberMe],
    apiKey: cookies[names.apiKey],
    projectSession: cookies[projectCookieNames(secure).session],
    byCookie: true,
  };
}

/**
 * Leaves out our cookies and our keys; whatever else stands there is the project's own business. `usual` is the Cookie header that is expected: it is read
 * only once.
 */
export function withoutOurs(basePath: string, usual = ""): RewriteHeader {
  const passed = stripCookies(usual, basePath);
  return (name, value) => {
    if (name === "cookie") return value === usual ? passed : stripCookies(value, basePath);
    if (name === "authorization" && keyIn(value) !== undefined) return undefined;
    return value;
  };
}
