/** All that hub-websocket reads from the environment, besides the database's. */

import { z } from "zod";
import { setting, wholeNumber } from "../../src/core/config.ts";
import { forwardedConfig } from "../../src/net/visitor/forwarded.ts";
import { siteConfig } from "../../src/net/visitor/site.ts";

export const websocketConfig = z.object({
  ...siteConfig.shape,
  ...forwardedConfig.shape,
  maxSockets: setting(
    "COCALC_HUB_MAX_SOCKETS",
    wholeNumber().min(1).default(10_000),
    "Most browsers connected to one process.",
  ),
  maxSocketsPerAccount: setting(
    "COCALC_HUB_MAX_SOCKETS_PER_ACCOUNT",
    wholeNumber().min(1).default(100),
    "Most browser tabs of one account connected to one process.",
  ),
  drainSeconds: setting(
    "COCALC_HUB_DRAIN_SECONDS",
    wholeNumber().min(0).max(600).default(5),
    "When it stops, the browsers connected to it are asked to connect elsewhere, spread over this time; less than COCALC_STOP_SECONDS.",
  ),
});

export type WebsocketConfig = z.infer<typeof websocketConfig>;
