/** What every process reads from the environment, whatever its roles. */

import { z } from "zod";
import { hostName, port, setting, wholeNumber } from "../core/config.ts";

export const processConfig = z.object({
  logLevel: setting(
    "COCALC_LOG_LEVEL",
    z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
    "How much is logged.",
  ),
  logFormat: setting(
    "COCALC_LOG_FORMAT",
    z.enum(["auto", "json", "pretty"]).default("auto"),
    "JSON, or lines for people; auto: lines where standard error is a terminal.",
  ),
  host: setting("HOST", hostName().default("0.0.0.0"), "Address on which an HTTP role listens."),
  port: setting(
    "PORT",
    port().default(5000),
    "Port on which an HTTP role listens; with several roles, the port of `ingress`.",
  ),
  adminHost: setting("ADMIN_HOST", hostName().default("0.0.0.0"), "Address of the admin port."),
  adminPort: setting(
    "ADMIN_PORT",
    port().default(9090),
    "Port of /livez, /readyz and /metrics; 0 lets the system choose.",
  ),
  stopSeconds: setting(
    "COCALC_STOP_SECONDS",
    wholeNumber().min(1).max(3600).default(25),
    "Longest time for stopping; a pod's grace period has to be longer.",
  ),
});

export type ProcessConfig = z.infer<typeof processConfig>;
