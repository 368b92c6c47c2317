/** The one table of `/api/v2`: every endpoint by its path. Handlers, documents and tests are made from it. */

import type { z } from "zod";
import type { Endpoint } from "./api-v2.ts";
import { accountEndpoints } from "./api-v2-accounts.ts";
import { adminEndpoints } from "./api-v2-admin.ts";
import { authEndpoints } from "./api-v2-auth.ts";
import { licenseEndpoints } from "./api-v2-licenses.ts";
import { projectEndpoints } from "./api-v2-projects.ts";
import { quotaEndpoints } from "./api-v2-quotas.ts";
import { settingEndpoints } from "./api-v2-settings.ts";
import { siteEndpoints } from "./api-v2-site.ts";

export const endpoints = {
  ...authEndpoints,
  ...accountEndpoints,
  ...projectEndpoints,
  ...quotaEndpoints,
  ...licenseEndpoints,
  ...siteEndpoints,
  ...adminEndpoints,
  ...settingEndpoints,
} as const;

export type EndpointPath = keyof typeof endpoints;
/** What a caller sends, defaults left out. */
export type EndpointInput<P extends EndpointPath> = z.input<(typeof endpoints)[P]["input"]>;
/** What a handler is given. */
export type EndpointBody<P extends EndpointPath> = z.output<(typeof endpoints)[P]["input"]>;
export type EndpointOutput<P extends EndpointPath> = z.output<(typeof endpoints)[P]["output"]>;

/** The endpoint of a path; undefined: there is none. */
export function endpointAt(path: string): Endpoint | undefined {
  return Object.hasOwn(endpoints, path) ? endpoints[path as EndpointPath] : undefined; // just looked at
}
