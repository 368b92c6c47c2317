/** All that hub-next reads from the environment, besides the database's. */

import { z } from "zod";
import { setting } from "../../src/core/config.ts";
import { quotaConfig } from "../../src/domain/quotas/config.ts";
import { fixedSettingsConfig } from "../../src/domain/settings/environment.ts";
import { forwardedConfig } from "../../src/net/visitor/forwarded.ts";
import { siteConfig } from "../../src/net/visitor/site.ts";
import { callBudgetConfig } from "./api/call-budget.ts";

export const hubNextConfig = z.object({
  ...siteConfig.shape,
  ...forwardedConfig.shape,
  softwareFolder: setting(
    "COCALC_SOFTWARE_ENVIRONMENTS",
    z.string().optional(),
    "Folder with software.json, the environments that people may choose: the ConfigMap project-image, mounted.",
  ),
  ...callBudgetConfig.shape,
  ...quotaConfig.shape,
  ...fixedSettingsConfig.shape,
});

export type HubNextConfig = z.infer<typeof hubNextConfig>;
