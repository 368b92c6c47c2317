/** Where the servers of projects listen: the fragment of configuration of whoever asks them. */

import { z } from "zod";
import { port, setting } from "../../core/config.ts";
import { siteConfig } from "../../net/visitor/site.ts";

export const projectServersConfig = z.object({
  basePath: siteConfig.shape.basePath,
  projectPort: setting("COCALC_PROJECT_PORT", port().min(1).default(6001), "Port of a project's own server."),
});

export type ProjectServersConfig = z.infer<typeof projectServersConfig>;
