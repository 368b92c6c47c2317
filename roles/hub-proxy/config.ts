/** All that hub-proxy reads from the environment, besides the database's. */

import { z } from "zod";
import { setting, wholeNumber } from "../../src/core/config.ts";
import { projectServersConfig } from "../../src/domain/project-servers/config.ts";
import { forwardedConfig } from "../../src/net/visitor/forwarded.ts";
import { siteConfig } from "../../src/net/visitor/site.ts";

export const proxyConfig = z.object({
  ...siteConfig.shape,
  ...forwardedConfig.shape,
  portsOnAppOrigin: setting(
    "COCALC_PORTS_ON_APP_ORIGIN",
    z.enum(["auto", "yes", "no"]).default("auto"),
    "Are projects' own web servers also served on the app's origin, sandboxed? auto: only where projects have no origin of their own.",
  ),
  ...projectServersConfig.shape,
  maxRequests: setting(
    "COCALC_PROXY_MAX_REQUESTS",
    wholeNumber().min(1).max(10_000).default(256),
    "Most requests under way at once to one port of one project; of all its viewers together, half of that to all its ports.",
  ),
  maxRequestsPerMember: setting(
    "COCALC_PROXY_MAX_REQUESTS_PER_MEMBER",
    wholeNumber().min(1).max(10_000).default(192),
    "Most requests under way at once of one account to one project through one process; of a viewer, a fourth of that.",
  ),
  maxUpgrades: setting(
    "COCALC_PROXY_MAX_UPGRADES",
    wholeNumber().min(1).max(100_000).default(1_000),
    "Most WebSockets open at once to one port of one project.",
  ),
  maxUpgradesPerMember: setting(
    "COCALC_PROXY_MAX_UPGRADES_PER_MEMBER",
    wholeNumber().min(1).max(100_000).default(200),
    "Most WebSockets that one account has open to one project through one process.",
  ),
  maxUpgradesPerAccount: setting(
    "COCALC_PROXY_MAX_UPGRADES_PER_ACCOUNT",
    wholeNumber().min(1).max(100_000).default(1_000),
    "Most WebSockets that one account has open to all projects through one process.",
  ),
  connectTimeoutMs: setting(
    "COCALC_PROXY_CONNECT_TIMEOUT_MS",
    wholeNumber().min(10).max(60_000).default(5_000),
    "Longest time in ms for a connection to a project to be made.",
  ),
});

export type ProxyConfig = z.infer<typeof proxyConfig>;
