/** All that ingress reads from the environment. */

import { z } from "zod";
import { setting, wholeNumber } from "../../src/core/config.ts";
import { hostInUrl } from "../../src/core/host-in-url.ts";
import { isHostName } from "../../src/core/host-name.ts";
import { forwardedConfig } from "../../src/net/visitor/forwarded.ts";
import { siteConfig } from "../../src/net/visitor/site.ts";

/** As a Host header names them, without its port. */
const hostNames = z
  .string()
  .default("")
  .transform((text) =>
    text
      .toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean)
      .map((name) => name.replace(/^\[(.*)\]$|\.$/, "$1")),
  )
  .refine((names) => names.every(isHostName), "must be host names such as lab.example.org, without scheme and port")
  .transform((names) => names.map(hostInUrl));

export const ingressConfig = z.object({
  ...siteConfig.shape,
  ...forwardedConfig.shape,
  maxConnections: setting(
    "COCALC_INGRESS_MAX_CONNECTIONS",
    wholeNumber().min(100).default(20_000),
    "Most connections at once; further ones are closed.",
  ),
  maxPerAddress: setting(
    "COCALC_INGRESS_MAX_PER_ADDRESS",
    wholeNumber().min(10).default(2_000),
    "Most connections of one address (by way of a trusted proxy: most requests under way), WebSockets of who is signed in apart; never more than a fifth of the connections that are free. Where there is no room, idle ones go first.",
  ),
  maxPerRole: setting(
    "COCALC_INGRESS_MAX_PER_ROLE",
    wholeNumber().min(10).default(10_000),
    "Most requests under way at once to one role, and as many WebSockets; further ones are refused until there is room again.",
  ),
  hosts: setting(
    "COCALC_HOSTS",
    hostNames,
    "Further names under which the site may be asked for, separated by spaces, besides COCALC_ORIGIN, COCALC_PROJECT_DOMAIN and this machine's own.",
  ),
});

export type IngressConfig = z.infer<typeof ingressConfig>;
