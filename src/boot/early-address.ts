/** Where a project's server will listen, read without loading what its configuration is checked with. */

import { isIP } from "node:net";
import type { Environment } from "../core/env.ts";

const DEFAULT_PORT = "6001";

/** As `roles/project/config.ts` reads it; undefined where that would refuse it, in its own words. */
export function earlyAddress(env: Environment): { host: string; port: number } | undefined {
  const { COCALC_POD_IP: podIp, HOST: host } = env;
  if (podIp && (isIP(podIp) === 0 || podIp.includes("%"))) return undefined; // not of one interface
  const port = Number(env.PORT || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  return { host: podIp || host || "0.0.0.0", port };
}
