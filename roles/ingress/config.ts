/** All that ingress reads from the environment. */

import { z } from "zod";
import { setting } from "../../src/core/config.ts";
import { forwardedConfig } from "../../src/net/forwarded.ts";
import { siteConfig } from "../../src/net/site.ts";

export const ingressConfig = z.object({
  ...siteConfig.shape,
  ...forwardedConfig.shape,
  hosts: setting(
    "COCALC_HOSTS",
    z
      .string()
      .default("")
      .transform((text) =>
        text
          .toLowerCase()
          .split(/[\s,]+/)
          .filter(Boolean),
      ),
    "Further names under which the site may be asked for, besides COCALC_ORIGIN, COCALC_PROJECT_DOMAIN and this machine's own.",
  ),
});

export type IngressConfig = z.infer<typeof ingressConfig>;
